"""From a ref, or a name, to a release that is sealed on every member."""

from tasks.errors import NotReleased, UsageError
from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.phases import build as phases
from tasks.phases import post_release as services
from tasks.phases import report
from tasks.phases.lock import Needs
from tasks.phases.step import Phase
from tasks.remote.run import About, Release

NOTHING_SENT = "Nothing was sent to any host."


def chosen(ref: str | None, name: str | None, example: str) -> Release:
    """What to release: a ref to build, or the name of a release that was built before. Raises UsageError."""
    if ref is not None and name is not None:
        raise UsageError("--ref and --name cannot be given together", state=NOTHING_SENT, next=example)
    if not (ref or name or "").strip():
        raise UsageError(
            "name what to release: --ref BRANCH, TAG or COMMIT, or --name RELEASE for one that was built before",
            state=NOTHING_SENT,
            next=example,
        )
    return Release(name or "", ref or "")


def needs(choice: Release) -> Needs:
    """What the lock is for: a build moves nothing before it is sealed."""
    return "build" if choice.ref else "move"


def choose(fleet: Fleet, choice: Release) -> Release:
    """A release that is sealed on every member: built from the ref, or found by its name."""
    for member in fleet.members:
        if member.known.pending:
            member.host.warn(f"the services do not run {member.live} yet: its post-release is pending")
    return build(fleet, choice.ref) if choice.ref else find(fleet, choice.name, report.named(fleet.environment))


def build(fleet: Fleet, ref: str) -> Release:
    """Build and seal a release of this ref. The live site is not touched."""
    release = Release(name=max(member.known.next for member in fleet.members), ref=ref)
    built = fleet.require(lambda member: member.require(phases.build(fleet.environment), About(release)))
    return release._replace(commit=built[fleet.primary].facts["commit"])


def verify(fleet: Fleet, release: Release) -> None:
    """The requests of verify, put to the pool on every member, while no visitor sees the release. Raises NotReleased."""
    phase = services.requests(fleet.environment)
    if not phase.is_empty:
        fleet.require(lambda member: _verify(member, release))


def find(fleet: Fleet, name: str, asked: Phase | None = None, *, live: bool = False) -> Release:
    """Take a release that is there already, learned by what is `asked`. Raises NotReleased where it is not, or is live.

    `live`: one that is live will do.
    """
    phase = asked or report.state(whole=False)
    return fleet.require(lambda member: _find(member, name, phase, live=live))[fleet.primary]


def _verify(member: Member, release: Release) -> None:
    phase = services.requests(member.host.environment)
    outcome = member.send(phase, About(release), again=True)
    if outcome.status != "ok":
        error = member.failure(outcome, phase)
        error.state += f" {release.name} stays built."
        raise error


def _find(member: Member, name: str, phase: Phase, *, live: bool) -> Release:
    member.require(phase, About(Release(name)), again=True)
    found = member.known.asked
    if found is None:
        raise NotReleased(f"{member.host.address} has no complete release {name!r}", next=member.hint("releases"))
    if name == member.live and not live:
        raise NotReleased(f"{name} is live already", next=member.hint("post-release"))
    if found.bad:
        member.host.warn(f"{name} is marked bad: it {'was left by a rollback' if found.why == 'rolled back' else 'has failed'}")
    return found.release
