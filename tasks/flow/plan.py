"""What a release would do, asked of the host: for `plan`, and for every verb that has it as its dry run."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tasks.flow.build import chosen, find
from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.phases import assets, build, cutover, lock, report, web
from tasks.phases.step import Phase
from tasks.remote.request import request
from tasks.remote.run import About, Release, Run
from tasks.view.plan import show_plan


def show(fleet: Fleet, ref: str | None = None, name: str | None = None) -> None:
    """Show what a release of this ref, or of this finished release, would do."""
    choice = wanted = chosen(ref, name, fleet.hint("plan", "--ref", "master"))
    if choice.name:
        fleet.require(Member.ask)
        wanted = Release(ref=find(fleet, choice.name).commit)
    asked = fleet.require(lambda each: each.require(report.plan(each.host.environment), About(wanted), again=True))
    for members in alike(fleet.members, lambda member: _what(member, asked[member].facts)):
        first = members[0]
        hosts = [member.host.address for member in members if fleet.others(member)]
        show_plan(first.host.environment, first.known.document, asked[first].facts, choice.ref or choice.name, hosts)


def alike(members: Sequence[Member], what: Callable[[Member], object]) -> list[list[Member]]:
    """The members in groups that are alike in something."""
    groups: dict[object, list[Member]] = {}
    for member in members:
        groups.setdefault(what(member), []).append(member)
    return list(groups.values())


def _what(member: Member, facts: Mapping[str, str]) -> object:
    """What a plan shows of a host, without the times at which it did things."""
    compared = {key: value for key, value in facts.items() if key != "state"}
    return id(member.host.environment), member.live, member.known.previous, json.dumps(compared, sort_keys=True)


def requests(fleet: Fleet) -> list[dict[str, Any]]:
    """What `release` sends to each host, in order; what only a run knows stands in angle brackets."""
    run = Run("<run id>", "<user@workstation>", "release", "<release REF>")
    about = About(Release("<release>", "<ref>", "<commit>"), expected="<live link>")
    return [
        {
            "address": member.host.address,
            "user": member.host.environment.release_user,
            "request": request(phase, member.host.environment, run, about),
        }
        for member in fleet.members
        for phase in _phases(fleet, member)
    ]


def _phases(fleet: Fleet, member: Member) -> Iterator[Phase]:
    """What `release` sends to a member. Where others are waited for, it compares and gets ready before it moves."""
    environment, others = member.host.environment, fleet.others(member)
    yield lock.lock("build", web.reached(environment))
    yield build.build(environment)
    if environment.asset_pool:
        yield assets.fill(environment)
    if environment.migrate:
        yield cutover.migrate(environment) if member is fleet.primary else cutover.still_live()
    if others:
        yield cutover.stage()
    yield cutover.cutover("forward", environment)
    yield cutover.prune(environment)
