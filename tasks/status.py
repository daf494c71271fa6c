"""status, releases, history, logs: what is live where, what is there, who did what, what a build said."""

from typing import Any

from tasks.errors import UsageError
from tasks.flow.session import Session
from tasks.flow.verb import as_json, reads, verb
from tasks.phases import report
from tasks.view.report import print_json, show_history, show_log, show_releases, show_status

_JSON = {"json": "one JSON document on stdout"}
_KEYS = ("live", "previous", "releases", "post_release_pending", "lock", "hold")


@verb(_JSON)
@reads
def status(session: Session, json: bool = False) -> None:
    """What is live, what was before, who holds the lock, whether post-release is pending."""
    (print_json if json else show_status)(_document(session))


@verb(_JSON)
@reads
def releases(session: Session, json: bool = False) -> None:
    """The releases that are there, newest first."""
    (print_json if json else show_releases)(_document(session))


@verb(_JSON)
@reads
def history(session: Session, json: bool = False) -> None:
    """Who did what, and when."""
    session.host.connect()
    entries = as_json(session.require(report.history(session.environment)).facts["history"])
    (print_json if json else show_history)(entries)


@verb({"name": "the release whose build it was (default: the newest log)"})
@reads
def logs(session: Session, name: str | None = None) -> None:
    """What a build said."""
    if name is not None and not name.strip():
        raise UsageError("--name is empty", next=session.hint("releases"))
    session.host.connect()
    outcome = session.require(report.logs(session.environment, name or ""))
    show_log(outcome.facts["log"], outcome.texts)


def _document(session: Session) -> dict[str, Any]:
    session.host.connect()
    session.ask()
    if session.run.live_at_start and not session.live:
        session.warn(f"the live link points at {session.run.live_at_start}, which is no release of this environment")
    host = {"address": session.host.address, **{key: session.state[key] for key in _KEYS}}
    return {"environment": session.environment.name, "hosts": [host]}
