"""status, releases, history, logs: what is live where, what is there, who did what, the log of a build."""

import functools
import json as json_module
from typing import Any

from tasks.errors import UsageError
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
    (print_json if json else show_status)(_document(fleet, report.status(fleet.environment)))


@verb(_JSON, reads=True)
def releases(fleet: Fleet, json: bool = False) -> None:
    """The releases that are there, newest first."""
    document = _document(fleet)
    if json:
        document["hosts"] = [{key: host[key] for key in ("address", "releases")} for host in document["hosts"]]
    (print_json if json else show_releases)(document)


@verb(_JSON, reads=True)
def history(fleet: Fleet, json: bool = False) -> None:
    """Who did what, and when."""
    found = fleet.require(lambda member: member.require(report.history()).facts["history"])
    hosts = [{"address": member.host.address, "history": json_module.loads(found[member])} for member in fleet.members]
    (print_json if json else show_history)({"environment": fleet.environment.name, "hosts": hosts})


@verb({"name": "the release whose build it was (default: the newest log)"}, reads=True)
def logs(fleet: Fleet, name: str | None = None) -> None:
    """The log of a build."""
    if name is not None and not name.strip():
        raise UsageError("--name is empty", next=fleet.hint("releases"))
    import tempfile  # what it brings with it takes longer than `status`

    phase = report.logs(name or "")
    for member in fleet.members:
        with tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n") as kept:
            asked = functools.partial(Member.require, phase=phase, texts=functools.partial(print, file=kept))
            found = fleet.require(asked, of=(member,))[member].facts["log"]
            kept.seek(0)
            show_log(f"{member.host.address}: {found}", (line.removesuffix("\n") for line in kept))


def _document(fleet: Fleet, phase: Phase | None = None) -> dict[str, Any]:
    fleet.require(lambda member: member.ask(phase))
    for member in fleet.members:
        if member.known.live_path and not member.live:
            member.host.warn(f"the live link points at {member.known.live_path}, which is no release of this environment")
    hosts = [{"address": member.host.address, **member.known.document} for member in fleet.members]
    return {"environment": fleet.environment.name, "hosts": hosts}
