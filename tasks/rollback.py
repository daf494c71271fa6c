"""rollback: back to the release that was live before, or to one that you name."""

from tasks.errors import UsageError
from tasks.flow.build import NOTHING_SENT, find
from tasks.flow.cutover import cutover, undone
from tasks.flow.fleet import Fleet
from tasks.flow.services import following, post_release
from tasks.flow.summary import summarize
from tasks.flow.verb import verb
from tasks.remote.run import Release


@verb({"to": "the release to go back to (default: the good one that was live before this one)"}, locks=True)
def rollback(fleet: Fleet, to: str | None = None) -> None:
    """Swap back to the release before, or --to one, then post-release."""
    if to is not None and not to.strip():
        raise UsageError("--to is empty", state=NOTHING_SENT, next=fleet.hint("releases"))
    fleet.prepare(to or "", services=True, warns=True, needs="rollback")
    with fleet.lock():
        release = cutover(fleet, _target(fleet, to), following)
        post_release(fleet, release)
    if note := undone(fleet):
        fleet.note(note)
    forward = fleet.hint(f"release --name {fleet.primary.first.name}") + " # to go forward again"
    summarize(fleet, release, fleet.hint("status"), forward)


def _target(fleet: Fleet, to: str | None) -> Release:
    """The release that is named; without a name the host decides which one was before."""
    if to is None:
        return Release()
    release = find(fleet, to)
    known = fleet.primary.known.asked
    if known and known.state == "bad":
        fleet.note(f"{to} is marked bad: it was left by a rollback before")
    return release
