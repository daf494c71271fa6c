"""status, releases, history, logs: what is live where, what is there, who did what, the log of a build."""

import functools
import json as json_module
from collections.abc import Callable, Mapping
from typing import Any

from tasks.errors import ReleaseError
from tasks.flow.drift import differences, require_alike
from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.flow.verb import verb
from tasks.phases import report
from tasks.phases.step import Phase
from tasks.view.report import print_json, show_history, show_log, show_releases, show_status

_JSON = {"json": "one JSON document on stdout"}


@verb(_JSON, reads=True)
def status(fleet: Fleet, json: bool = False) -> None:
    """What is live, what was before, who holds the lock, whether post-release is pending."""
    document, errors = _document(fleet, lambda member: report.status(member.host.environment))
    found = differences(fleet)
    if json:
        lines = [difference.line for difference in found]
        print_json({**document, **({"differences": lines} if lines else {})})
    else:
        show_status(document)
    fleet.raise_any(errors)
    require_alike(fleet, found)


@verb(_JSON, reads=True)
def releases(fleet: Fleet, json: bool = False) -> None:
    """The releases that are there, newest first."""
    document, errors = _document(fleet, lambda _: report.state())
    if json:
        document["hosts"] = [{key: host[key] for key in ("address", "releases")} for host in document["hosts"]]
    (print_json if json else show_releases)(document)
    fleet.raise_any(errors)


@verb(_JSON, reads=True)
def history(fleet: Fleet, json: bool = False) -> None:
    """Who did what, and when."""
    asked = fleet.each(lambda member: member.require(report.history()).facts["history"])
    hosts = [{"address": member.host.address, "history": json_module.loads(found)} for member, found in asked.values.items()]
    if hosts:
        (print_json if json else show_history)({"environment": fleet.environment.name, "hosts": hosts})
    fleet.raise_any(asked.errors)


@verb({"name": "the release whose build it was (default: the newest log)"}, reads=True)
def logs(fleet: Fleet, name: str | None = None) -> None:
    """The log of a build."""
    import tempfile  # what it brings with it takes longer than `status`

    errors: dict[Member, ReleaseError] = {}
    for member in fleet.members:
        with tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n") as kept:
            ask = functools.partial(Member.require, phase=report.logs(name or ""), texts=functools.partial(print, file=kept))
            asked = fleet.each(ask, of=(member,))
            errors |= asked.errors
            kept.seek(0)
            whose = f"{member.host.address} " if fleet.others(member) else ""
            for outcome in asked.values.values():
                lines = (whose + line.removesuffix("\n") for line in kept)
                show_log(f"{member.host.address}: {outcome.facts['log']}", lines)
    fleet.raise_any(errors)


def _document(fleet: Fleet, phase: Callable[[Member], Phase]) -> tuple[dict[str, Any], Mapping[Member, ReleaseError]]:
    """What each host that answers reports, and why the others do not."""
    asked = fleet.each(lambda member: member.ask(phase(member)))
    members = [member for member in fleet.members if member in asked.values]
    for member in members:
        if member.known.live_path and not member.live:
            member.host.warn(f"the live link points at {member.known.live_path}, which is no release of this environment")
    if not members:
        fleet.raise_any(asked.errors)
    hosts = [{"address": member.host.address, **member.known.document} for member in members]
    return {"environment": fleet.environment.name, "hosts": hosts}, asked.errors
