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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, NoReturn

from fabric.config import Config
from fabric.tasks import task
from invoke.exceptions import Exit

from tasks.config.inventory import find_hosts_file
from tasks.config.stored import load
from tasks.errors import NotReleased, ReleaseError, UsageError
from tasks.flow.build import NOTHING_SENT
from tasks.flow.clock import Clock
from tasks.flow.fleet import Fleet
from tasks.flow.interrupts import Interrupts
from tasks.flow.lock import Options
from tasks.flow.member import Member
from tasks.remote.host import Host
from tasks.remote.run import Run
from tasks.view.page import show_error
from tasks.view.view import open_view

if TYPE_CHECKING:
    from tasks.config.models import Environment

_TIMES = {
    "wait": "seconds to wait for somebody else's lock (default: not at all)",
    "patience": "seconds to try again to reach a host whose link was lost (default: 600)",
}

LONGEST = 1000
"""Characters of an option's text: no ref, name or reason is longer, and errors repeat it."""

Body = Callable[Concatenate[Fleet, ...], None]


def verb(
    help: dict[str, str] | None = None, *, dry: Body | None = None, locks: bool = False, reads: bool = False
) -> Callable[[Body], Any]:
    """Make a Fabric task of a function that takes a Fleet.

    Under `fab --dry` the function `dry` runs in its place; one that only `reads` runs itself, and any other refuses, as it
    would not know what to show. One that `locks` has the options --wait and --patience too.
    """
    times = _TIMES if locks else {}

    def decorate(body: Body) -> Any:
        @functools.wraps(body)
        def run(connection: Any, **words: Any) -> None:
            name = body.__name__.replace("_", "-")
            with Interrupts() as interrupts, _exit_codes():
                _check_text(words)
                chosen = (body if reads else dry or _refuse_dry(name)) if connection.config.run.dry else body
                given = {option: text for option in times if (text := words.pop(option)) is not None}
                options = Options(**{option: _seconds(option, text) for option, text in given.items()})
                with _fleet(connection, name, options, interrupts) as fleet:
                    chosen(fleet, **words)

        signature = inspect.signature(body)
        more = [inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=None) for option in times]
        run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), *more])  # type: ignore[attr-defined]
        return task(help={**(help or {}), **times})(run)  # type: ignore[no-untyped-call]

    return decorate


def _seconds(option: str, text: str) -> float:
    if not text.isascii() or not text.isdigit():
        raise UsageError(f"--{option} takes seconds, a whole number, and not {text!r}", state=NOTHING_SENT)
    return float(text)


def _check_text(words: dict[str, Any]) -> None:
    for name, value in words.items():
        if isinstance(value, str) and len(value) > LONGEST:
            raise UsageError(f"--{name} is {len(value):,} characters long: {LONGEST:,} is the most", state=NOTHING_SENT)
        if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            raise UsageError(f"--{name} is not UTF-8", state=NOTHING_SENT)


def _refuse_dry(name: str) -> NoReturn:
    shows = "fab -H ENVIRONMENT plan --ref REF # shows what a release would do"
    raise UsageError(f"{name} has no dry run", state=NOTHING_SENT, next=shows)


@contextmanager
def _fleet(connection: Any, name: str, options: Options, interrupts: Interrupts) -> Iterator[Fleet]:
    wanted = getattr(connection, "original_host", None)
    environment = load(find_hosts_file(wanted, Path.cwd())).environment(wanted)
    config: Config = connection.config
    _check_addresses(environment)
    with open_view(environment.addresses) as view:
        run, clock = Run(secrets.token_hex(6), f"{getpass.getuser()}@{socket.gethostname()}", name, name), Clock()
        hosts = [Host(environment, address, config, view.event) for address in environment.addresses]
        fleet = Fleet(environment, [Member(host, run, options, clock) for host in hosts], view, interrupts, clock)
        try:
            yield fleet
        except KeyboardInterrupt:
            raise fleet.interrupted() from None
        except Exception as problem:
            raise fleet.judged(_error(problem, fleet)) from None
        finally:
            fleet.close()


def _check_addresses(environment: Environment) -> None:
    if len(environment.addresses) != 1:
        raise UsageError(
            f"{environment.name} has {len(environment.addresses)} addresses, and this version releases to one at a time",
            state=NOTHING_SENT,
            next="# give each address an environment of its own in hosts.yml",
        )


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
