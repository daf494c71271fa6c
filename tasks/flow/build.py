"""From a ref, or a name, to a release that is sealed on every member."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from tasks.errors import Interrupted, NotReleased, ReleaseError, Unreachable, UsageError
from tasks.flow.fleet import Fleet
from tasks.flow.inventory import read_again, watch
from tasks.flow.lock import OWN
from tasks.flow.member import Member
from tasks.flow.ready import ready, require_of_all
from tasks.flow.selection import NOTHING_SENT
from tasks.phases import build as phases
from tasks.phases import post_release as services
from tasks.phases import report
from tasks.phases.lock import Needs
from tasks.phases.step import Phase
from tasks.remote.run import About, Release

if TYPE_CHECKING:
    from tasks.config.models import Environment

UNTIL_RESOLVED = 0.02
"""Seconds between two looks at whether the primary's build has reported its commit."""

Asked = Callable[["Environment"], Phase]
"""What is asked of a host, of which hosts.yml says this."""


def chosen(ref: str | None, name: str | None, example: str) -> Release:
    """What to release: a ref to build, or the name of a release that was built before. Raises UsageError."""
    if ref is not None and name is not None:
        raise UsageError("--ref and --name cannot be given together", state=NOTHING_SENT, next=example)
    if not (ref or name):
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
    return build(fleet, choice.ref) if choice.ref else find(fleet, choice.name, report.named)


def build(fleet: Fleet, ref: str) -> Release:
    """Build and seal a release of this ref: one name and one commit on every member. The live site is not touched.

    The primary resolves the ref; the others begin as soon as it has. The first that fails ends the builds of the others; one
    whose instance ends during its build has left the fleet.
    """
    watch(fleet)
    release = Release(name=max(member.known.next for member in fleet.members), ref=ref)
    commits = require_of_all(fleet, lambda member: _build(member, release, fleet.primary), ends=_end)
    commit = commits[fleet.primary]
    if any(member.gone() for member, built in commits.items() if not built):
        read_again(fleet)
    return release._replace(commit=commit)


def build_as(fleet: Fleet, release: Release) -> None:
    """Build and seal a release that other hosts have, under its name and from its commit."""
    require_of_all(fleet, lambda member: _build(member, release, member), ends=_end)


def verify(fleet: Fleet, release: Release) -> None:
    """The requests of verify, put to the pool on every member, while no visitor sees the release. Raises NotReleased."""
    require_of_all(fleet, lambda member: _verify(member, release))


def find(fleet: Fleet, name: str, asked: Asked | None = None, *, live: bool = False) -> Release:
    """Take a release that is there already, learned by what is `asked` of each. Raises NotReleased where it is not, or is live.

    `live`: one that is live will do.
    """
    asked = asked or (lambda _: report.state(whole=False))
    found = fleet.require(lambda member: _find(member, name, asked(member.host.environment)))[fleet.primary]
    if not live and all(member.live == name for member in fleet.members):
        raise NotReleased(f"{name} is live already", next=fleet.hint("post-release"))
    return found


def before(fleet: Fleet) -> Release:
    """The newest good release that was live before on the primary and is sealed on every member. Raises NotReleased."""
    lacking: list[str] = []
    for name in fleet.primary.known.back:
        has = functools.partial(_find, name=name, phase=report.state(whole=False))
        absent = fleet.each(has, of=fleet.others(fleet.primary)).errors
        fleet.raise_any({each: error for each, error in absent.items() if not isinstance(error, NotReleased)})
        if not absent:
            return Release(name)
        lacking += [error.what for error in absent.values()]
    raise NotReleased(
        "there is no good release before the live one to go back to" + (" on every host" if lacking else ""),
        details=lacking,
        next=f"{fleet.hint('releases')} # then rollback --to RELEASE",
    )


def _build(member: Member, release: Release, primary: Member) -> str:
    """The commit that was built; "" where another host has failed before."""
    while member is not primary and not release.commit:
        member.clock.pause(UNTIL_RESOLVED)
        release = release._replace(commit=primary.host.facts.get("commit", ""))
        if member.needless:
            return ""
    try:
        return ready(member, phases.build(member.host.environment), About(release)).facts["commit"]
    except Interrupted:
        if not member.needless:
            raise
    except Unreachable:
        if not release.commit or not member.gone():
            raise
    return ""


def _end(member: Member) -> None:
    """Another member has failed: end the build of this one, or begin none."""
    member.host.note("the build has failed on another host, and is ended here")
    member.needless = True
    while member.phase and member.phase.is_job:
        with contextlib.suppress(ReleaseError):
            member.cancel()
        member.clock.pause(OWN)


def _verify(member: Member, release: Release) -> None:
    phase = services.requests(member.host.environment)
    if phase.is_empty:
        return
    try:
        ready(member, phase, About(release), again=True)
    except ReleaseError as error:
        error.besides = f"{release.name} stays built."
        raise


def _find(member: Member, name: str, phase: Phase) -> Release:
    member.require(phase, About(Release(name)), again=True)
    found = member.known.asked
    if found is None:
        raise NotReleased(f"{member.host.address} has no complete release {name!r}", next=member.hint("releases"))
    if found.bad:
        member.host.warn(f"{name} is marked bad: it {'was left by a rollback' if found.why == 'rolled back' else 'has failed'}")
    return found.release
