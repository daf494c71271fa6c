"""What every verb does alike: find the environment, open the view, turn errors into exit codes, leave nothing open."""

from __future__ import annotations

import functools
import getpass
import inspect
import os
import secrets
import socket
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, NoReturn

from fabric.config import Config
from fabric.tasks import task
from invoke.exceptions import Exit

from tasks.config.at_host import at_host
from tasks.config.inventory import find_hosts_file
from tasks.config.stored import load
from tasks.errors import NotReleased, ReleaseError, UsageError
from tasks.flow.clock import Clock
from tasks.flow.fleet import Fleet
from tasks.flow.interrupts import Interrupts
from tasks.flow.lock import Options
from tasks.flow.member import Member
from tasks.flow.selection import NOTHING_SENT, Selection
from tasks.flow.typed import Verb, as_typed, check_text, seconds
from tasks.remote.host import Host
from tasks.remote.run import Run
from tasks.view.page import show_error
from tasks.view.view import open_view

_TIMES = {
    "wait": "seconds to wait for somebody else's lock (default: not at all)",
    "patience": "seconds to try again to reach a host whose link was lost (default: 600)",
}
_LEAVES_OUT = {
    "without": "a host that is left out (may be given again)",
    "reason": "why it is left out: goes into the history of the others",
}
_SELECTS = {"host": "only", "without": "without", "reason": "reason"}
_ONLY = {"host": "the one host to ask (default: all of the environment)"}

Body = Callable[Concatenate[Fleet, ...], None]


def verb(
    help: dict[str, str] | None = None,
    *,
    dry: Body | None = None,
    locks: bool = False,
    reads: bool = False,
    narrows: bool = False,
    names: str = "",
) -> Callable[[Body], Any]:
    """Make a Fabric task of a function that takes a Fleet.

    Under `fab --dry` the function `dry` runs in its place; one that only `reads` runs itself, and any other refuses, as it
    would not know what to show. One that `locks` has the options --wait, --patience, --without and --reason too; one that reads
    or `narrows` has --host. `names` is an option whose name may be left out: `adopt web2`.
    """
    times = _TIMES if locks else {}
    selects = _LEAVES_OUT if locks else _ONLY if reads or narrows else {}

    def decorate(body: Body) -> Any:
        @functools.wraps(body)
        def run(connection: Any, **words: Any) -> None:
            name = body.__name__.replace("_", "-")
            with Interrupts() as interrupts, _exit_codes():
                check_text(name, words)
                chosen = (body if reads else dry or _refuse_dry(name)) if connection.config.run.dry else body
                typed = as_typed(name, words)
                given = {option: text for option in times if (text := words.pop(option)) is not None}
                options = Options(**{option: seconds(option, text) for option, text in given.items()})
                selection = Selection(**{_SELECTS[key]: words.pop(key) for key in selects})
                with _fleet(connection, name, typed, selection, options, interrupts) as fleet:
                    chosen(fleet, **words)

        signature = inspect.signature(body)
        more = [inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=None) for option in (*times, *selects)]
        run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), *more])  # type: ignore[attr-defined]
        several = ["without"] if "without" in selects else []
        kind = type("Verb", (Verb,), {"may_stand_alone": names})
        return task(help={**(help or {}), **times, **selects}, iterable=several, klass=kind)(run)  # type: ignore[no-untyped-call]

    return decorate


def _refuse_dry(name: str) -> NoReturn:
    shows = "fab -H ENVIRONMENT plan --ref REF # shows what a release would do"
    raise UsageError(f"{name} has no dry run", state=NOTHING_SENT, next=shows)


@contextmanager
def _fleet(
    connection: Any, name: str, typed: tuple[str, ...], selection: Selection, options: Options, interrupts: Interrupts
) -> Iterator[Fleet]:
    wanted = getattr(connection, "original_host", None)
    environment = load(find_hosts_file(wanted, Path.cwd())).environment(wanted)
    ids: Mapping[str, str] = {}
    inventory: Callable[[], tuple[str, ...]] | None = None
    if environment.ec2:
        from tasks.remote.ec2 import addresses_now, located

        inventory = functools.partial(addresses_now, environment.ec2)
        environment, ids = located(environment, environment.ec2)
    config: Config = connection.config
    addresses = selection.of(environment)
    with open_view([address.host for address in addresses]) as view:
        by, clock = f"{getpass.getuser()}@{socket.gethostname()}", Clock()
        run = Run(secrets.token_hex(6), by, name, name, tuple(dict.fromkeys(selection.without)), selection.reason or "")
        hosts = [Host(at_host(environment, each), each.host, config, view.event, ids.get(each.host)) for each in addresses]
        fleet = Fleet(environment, [Member(host, run, options, clock) for host in hosts], view, interrupts, clock)
        fleet.typed, fleet.inventory = typed, inventory
        if environment.drain:
            from tasks.remote.target_group import TargetGroup

            fleet.balancer = TargetGroup(environment.drain.target_group, f"{name} of {by}")
        try:
            yield fleet
        except KeyboardInterrupt:
            raise fleet.interrupted() from None
        except Exception as problem:
            raise fleet.judged(_error(problem, fleet)) from None
        finally:
            fleet.close()


@contextmanager
def _exit_codes() -> Iterator[None]:
    """Errors are shown, then become the exit code."""
    try:
        yield
    except KeyboardInterrupt:
        print("interrupted; nothing was sent to any host", file=sys.stderr)
        raise Exit(code=130) from None
    except Exception as problem:
        error = _error(problem)
        show_error(error)
        raise Exit(code=error.code) from None


def _error(problem: Exception, fleet: Fleet | None = None) -> ReleaseError:
    """What to show of a problem, a mistake of this tool's own too: RELEASE_DEBUG=1 prints where that came from."""
    if isinstance(problem, ReleaseError):
        return problem
    if isinstance(problem, Exit):  # Invoke's own
        raise problem
    if os.environ.get("RELEASE_DEBUG"):
        traceback.print_exception(problem)
    return NotReleased(
        f"a defect of this tool: {type(problem).__name__}: {problem}",
        details=["RELEASE_DEBUG=1 shows where it happened, for your report"],
        state="" if fleet else NOTHING_SENT,
        next=fleet.hint("status") if fleet else "",
    )
