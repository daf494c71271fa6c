"""A new host, or one that was left out, gets what the others run: the live release and the one before, from their commits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

from tasks.config.stored import Stored
from tasks.errors import LiveButFailed, NotReleased, UsageError
from tasks.flow import assets, way_on
from tasks.flow.build import build_as, verify
from tasks.flow.cutover import cutover, stage
from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.flow.selection import NOTHING_SENT
from tasks.flow.services import post_release, put_back
from tasks.phases import adoption as phases
from tasks.phases import report
from tasks.remote.run import About, Release

if TYPE_CHECKING:
    from tasks.config.models import Environment


class Model(NamedTuple):
    """What the siblings run: the live release, and the one before where there is one."""

    live: Release
    before: Release | None

    @property
    def in_order(self) -> list[Release]:
        """The older one first, so that it is also the older one in the history of who gets both."""
        return [*([self.before] if self.before else []), self.live]


def newcomers(fleet: Fleet, address: str) -> list[Member]:
    """Who is to be adopted: the host of this address, or each that was left out or has nothing live. Raises ReleaseError."""
    fleet.reach(Member.ask)
    if not address:
        return way_on.newcomers(fleet.members)
    found = [member for member in fleet.members if member.host.address == address]
    if not found:
        names = ", ".join(member.host.address for member in fleet.members)
        raise UsageError(f"{fleet.environment.name} has no host {address!r}: it has {names}", state=NOTHING_SENT)
    return found


def model(fleet: Fleet, siblings: Sequence[Member]) -> Model:
    """What they run, which must be the same on each, and the newest that each could go back to. Raises NotReleased."""
    if not siblings:
        raise NotReleased("there is no other host whose release could be taken", next=way_on.to_one_release(fleet))
    live = way_on.model(siblings)
    if live is None and any(member.live for member in siblings):
        raise NotReleased(
            "the other hosts differ from one another, so that none of them is a model",
            details=[f"{each.host.address}: {each.live or 'nothing'}" for each in siblings],
            next=way_on.to_one_release(fleet),
        )
    if live is None:
        raise NotReleased("nothing is live on the other hosts", next=way_on.to_one_release(fleet))
    if not live.commit and len(siblings) < len(fleet.members):
        what = f"{live.name} was made by setup, of no commit: it cannot be built on another host"
        raise NotReleased(what, next=way_on.to_one_release(fleet))
    return Model(live, way_on.before(siblings))


def adopt(fleet: Fleet, members: Sequence[Member], taken: Model) -> None:
    """Build what a member lacks, make it live, and prove that its services run it. Raises ReleaseError."""
    fleet.again = " && ".join(fleet.hint("adopt", member.host.address) for member in members)
    fleet.again += " # tries it again, when the cause is mended"
    part = fleet.of(members)
    for member in members:
        member.host.environment = _without_migrations(member.host.environment)
    part.prepare(taken.live.name, tries="services", needs="move")
    with part.lock():
        for release in taken.in_order:
            lacking = [member for member in part.members if _asked(member, release.name) is None]
            build_as(part.of(lacking), release)
        verify(part, taken.live)
        assets.pool(part, taken.live)
        behind = part.of([member for member in part.members if member.live != taken.live.name])
        if behind.members:
            stage(behind, taken.live)
            cutover(behind, taken.live)
        try:
            post_release(part)
        except LiveButFailed as failure:
            put_back(part, failure)
        if before := taken.before:
            part.require(lambda member: member.require(phases.before(), About(taken.live, path=before.name)))


def look_again(fleet: Fleet, siblings: Sequence[Member], members: Sequence[Member], taken: Model) -> None:
    """The siblings record who has joined them. Raises ReleaseError where one of them runs something else by now."""
    asked = fleet.each(Member.ask, of=siblings)
    moved = [member for member in siblings if member in asked.values and member.live != taken.live.name]
    for member in moved:
        member.host.warn(f"{member.live or 'nothing'} is live here by now, and not {taken.live.name}")
    if moved:
        raise LiveButFailed(
            "the other hosts have moved on since", state=fleet.state(), next=fleet.hint("adopt", members[0].host.address)
        )
    names = [member.host.address for member in members]
    for member, problem in fleet.each(lambda each: each.require(phases.joined(names)), of=siblings).errors.items():
        member.host.warn(f"that could not be recorded: {problem.what}")


def _without_migrations(environment: Environment) -> Environment:
    """They have run for the others, whose release it is."""
    return cast("Environment", Stored(vars(environment) | {"migrate": ()}))


def _asked(member: Member, name: str) -> Release | None:
    """This release as the member has it, None where it has none. Raises ReleaseError."""
    member.require(report.state(whole=False), About(Release(name)), again=True)
    return member.known.asked.release if member.known.asked else None
