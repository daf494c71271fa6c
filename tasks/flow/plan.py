"""What a release would do, asked of the host: for `plan`, and for every verb that has it as its dry run."""

from typing import Any

from tasks.flow.build import chosen, find
from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.phases import build, cutover, lock, report
from tasks.remote.request import request
from tasks.remote.run import About, Release, Run
from tasks.view.plan import show_plan


def show(fleet: Fleet, ref: str | None = None, name: str | None = None) -> None:
    """Show what a release of this ref, or of this finished release, would do."""
    choice = wanted = chosen(ref, name, fleet.hint("plan", "--ref", "master"))
    if choice.name:
        fleet.require(Member.ask)
        wanted = Release(ref=find(fleet, choice.name).commit)
    phase = report.plan(fleet.environment)
    outcome = fleet.first(lambda member: member.require(phase, About(wanted), again=True))
    show_plan(fleet.environment, fleet.primary.known.document, outcome.facts, choice.ref or choice.name)


def requests(fleet: Fleet) -> list[dict[str, Any]]:
    """What `release` sends to each host, in order; what only a run knows stands in angle brackets."""
    environment = fleet.environment
    migrate = [cutover.migrate(environment)] if environment.migrate else []
    phases = [
        lock.lock("build"),
        build.build(environment),
        *migrate,
        cutover.cutover("forward", environment),
        cutover.prune(environment),
    ]
    run = Run("<run id>", "<user@workstation>", "release", "<release REF>")
    about = About(Release("<release>", "<ref>", "<commit>"), expected="<live link>")
    return [
        {
            "address": member.host.address,
            "user": environment.release_user,
            "request": request(phase, environment, run, about),
        }
        for member in fleet.members
        for phase in phases
    ]
