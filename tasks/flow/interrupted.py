"""What a Ctrl-C ends, and what is said then: how things stand, and what may still be running."""

from typing import TYPE_CHECKING

from tasks.errors import Interrupted, ReleaseError
from tasks.flow.lost import FOLLOWED
from tasks.phases import lock

if TYPE_CHECKING:
    from tasks.flow.session import Session


def interrupted(session: "Session") -> Interrupted:
    """End what runs on the host, and say how things stand; leave it alone when that takes too long, or at a second Ctrl-C."""
    running, standing = session.running, session.standing()
    try:
        standing = _end(session, running) or standing
    except KeyboardInterrupt:
        standing = _left(session, running)
    except ReleaseError as problem:
        standing += f" {problem.what}"
    session.interrupts.over()
    if running == FOLLOWED:
        again, end = session.hint("attach"), session.hint("cancel")
        return Interrupted("interrupted; the job goes on", state=standing, next=f"{again} follows it again; {end} ends it")
    pending = bool(session.state.get("post_release_pending")) and bool(session.live)
    return Interrupted(
        "interrupted" + (f" during {running}" if running else ""),
        state=standing + (" Post-release is pending." if pending else ""),
        next=session.hint("post-release") if pending else session.hint("status"),
    )


def _end(session: "Session", running: str) -> str:
    """End this run's build on the host; how things stand after that, "" when it was never reached."""
    if session.interrupts.hurried:
        raise KeyboardInterrupt
    if running == "build":
        session.view.note("interrupted: ending the build on the host; Ctrl-C again leaves it to itself")
        if session.host.run(lock.cancel(session.environment), session.run).status == "unknown":
            return _left(session, running)
    if not (session.state or session.host.connected):
        return ""
    session.ask()
    return session.standing()


def _left(session: "Session", running: str) -> str:
    """How things stand when the host was not asked any more."""
    known = session.standing()
    if running == "cutover":
        known = f"Live was {session.live or 'nothing'}, and the cutover may have happened."
    if running in ("", FOLLOWED):
        return known
    ends = f"; {session.hint('cancel')} ends it" if running in ("build", "migrate") else ""
    return f"{known} {running} may still be running on {session.host.address}{ends}."
