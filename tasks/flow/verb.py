"""What every verb does alike: find the environment, open the view, turn errors into exit codes, leave nothing open."""

import functools
import inspect
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate

from fabric.config import Config
from fabric.tasks import task
from invoke.exceptions import Exit

from tasks.config.inventory import find_hosts_file, load
from tasks.errors import LiveButFailed, NotReleased, ReleaseError, UsageError
from tasks.flow.interrupted import interrupted
from tasks.flow.interrupts import Interrupts
from tasks.flow.session import Session
from tasks.view.errors import show_error
from tasks.view.view import open_view

_TIMES = {
    "wait": "seconds to wait for somebody else's lock (default: not at all)",
    "patience": "seconds to try again to reach a host whose link was lost (default: 600)",
}

LONGEST = 1000
"""Characters of an option's text: no ref, name or reason is longer, and errors repeat it."""

Body = Callable[Concatenate[Session, ...], None]


def verb(help: dict[str, str] | None = None, *, dry: Body | None = None, locks: bool = False) -> Callable[[Body], Any]:
    """Make a Fabric task of a function that takes a Session.

    Under `fab --dry` the function `dry` runs in its place; a verb without one refuses, as it would not know what to show.
    One that `locks` has the options --wait and --patience too.
    """

    def decorate(body: Body) -> Any:
        @functools.wraps(body)
        def run(connection: Any, **options: Any) -> None:
            name = body.__name__.replace("_", "-")
            with _exit_codes() as interrupts:
                _readable(options)
                harmless = getattr(body, "reads_only", False)
                chosen = _dry(name, dry) if connection.config.run.dry and not harmless else body
                times = {option: _seconds(option, options.pop(option)) for option in (_TIMES if locks else ())}
                with _session(connection, name, interrupts) as session:
                    for option, seconds in times.items():
                        setattr(session, option, getattr(session, option) if seconds is None else seconds)
                    chosen(session, **options)

        signature = inspect.signature(body)
        own = list(signature.parameters.values())
        more = [inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=None) for option in (_TIMES if locks else ())]
        run.__signature__ = signature.replace(parameters=[*own, *more])  # type: ignore[attr-defined]
        return task(help={**(help or {}), **(_TIMES if locks else {})})(run)  # type: ignore[no-untyped-call]

    return decorate


def _seconds(option: str, text: str | None) -> float | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit():
        raise UsageError(f"--{option} takes seconds, a whole number, and not {text!r}", state="Nothing was sent to any host.")
    return float(text)


def _readable(options: dict[str, Any]) -> None:
    for name, value in options.items():
        if isinstance(value, str) and len(value) > LONGEST:
            raise UsageError(
                f"--{name} is {len(value):,} characters long: {LONGEST:,} is the most", state="Nothing was sent to any host."
            )
        if isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise UsageError(f"--{name} is not UTF-8", state="Nothing was sent to any host.") from None


def reads(body: Body) -> Body:
    """Mark a verb that changes nothing: under `fab --dry` it does what it always does."""
    body.reads_only = True  # type: ignore[attr-defined]
    return body


def _dry(name: str, dry: Body | None) -> Body:
    if dry is None:
        raise UsageError(
            f"{name} has no dry run",
            state="Nothing was sent to any host.",
            next="fab -H ENVIRONMENT plan --ref REF shows what a release would do",
        )
    return dry


@contextmanager
def _session(connection: Any, name: str, interrupts: Interrupts) -> Iterator[Session]:
    wanted = getattr(connection, "original_host", None)
    environment = load(find_hosts_file(wanted, Path.cwd())).environment(wanted)
    config: Config = connection.config
    with open_view() as view:
        session = Session(environment, config, view, name, interrupts)
        try:
            yield session
        except KeyboardInterrupt:
            raise interrupted(session) from None
        except ReleaseError as error:
            error.state = error.state or session.standing()
            raise
        except Exit:
            raise
        except Exception as defect:
            if interrupts.heard:  # it came in the midst of a library, which made another error of it
                raise interrupted(session) from None
            raise _defect(defect, session) from defect
        finally:
            interrupts.over()
            session.host.close()


@contextmanager
def _exit_codes() -> Iterator[Interrupts]:
    """Errors are shown, then become the exit code."""
    with Interrupts() as interrupts, _told():
        yield interrupts


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except ReleaseError as error:
        show_error(error)
        raise Exit(code=error.code) from None
    except KeyboardInterrupt:
        print("interrupted; nothing was sent to any host", file=sys.stderr)
        raise Exit(code=130) from None
    except Exit:
        raise
    except Exception as error:
        defect = _defect(error)
        show_error(defect)
        raise Exit(code=defect.code) from None


def _defect(error: Exception, session: Session | None = None) -> ReleaseError:
    """A mistake of this tool's own, told like any other error. RELEASE_DEBUG=1 shows where it came from."""
    if os.environ.get("RELEASE_DEBUG"):
        traceback.print_exception(error)
    kind = LiveButFailed if session and session.released else NotReleased
    return kind(
        f"a defect of this tool: {type(error).__name__}: {error}",
        state=session.standing() if session else "Nothing was sent to any host.",
        next=(f"{session.hint('status')}; " if session else "") + "RELEASE_DEBUG=1 shows where it happened, for your report",
    )


def as_json(text: str) -> Any:
    """A document that a host has told."""
    return json.loads(text)
