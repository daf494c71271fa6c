"""How the hosts of an environment differ from one another."""

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tasks.errors import HostsDiffer
from tasks.flow import way_on
from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.flow.way_on import LEFT_OUT, RUNTIME_FILE
from tasks.phases import post_release, report

Values = Mapping[str, str | None]
"""What each thing that is compared is on a host; None where it has nothing that could differ."""


class Difference(NamedTuple):
    """Something in which hosts differ, and the line that says so."""

    what: str
    line: str


def differences(fleet: Fleet) -> list[Difference]:
    """Everything in which the hosts that were asked differ; of a host alone there is nothing to compare."""
    key = secrets.token_hex(32)
    compared = fleet.each(
        lambda member: _compared(member, key), of=[member for member in fleet.members if fleet.others(member)]
    ).values
    asked = [member for member in fleet.members if member in compared]
    found = {member.host.address: {**_of(member), **compared[member]} for member in asked}
    lines = ((what, _line(what, found)) for what in _what(found))
    return [*_left_out(asked), *(Difference(what, line) for what, line in lines if line)]


def require_alike(fleet: Fleet, found: Sequence[Difference]) -> None:
    """Raises HostsDiffer where there are differences."""
    if found:
        raise HostsDiffer(
            f"the hosts of {fleet.environment.name} differ",
            details=[difference.line for difference in found],
            state="What each host runs stays as it is.",
            next=way_on.line(fleet, [difference.what for difference in found]),
        )


def _compared(member: Member, key: str) -> dict[str, str]:
    if member.state is None:
        member.ask()
    found: dict[str, str] = json.loads(member.require(report.compare(key), again=True).facts["compared"])
    return found


def _of(member: Member) -> Values:
    """Where histories differ so does the name of the release before: compared is whether there is one to go back to."""
    document, live = member.known.document, member.known.live
    lock, hold = document.get("lock"), document.get("hold")
    serves = not post_release.post_release(member.host.environment).is_empty
    return {
        "live": member.live or "nothing",
        "commit": live.release.commit if live else "",
        "previous": "sealed" if member.known.previous else "none",
        "post-release": ("pending" if member.known.pending else "done") if serves else None,
        "lock": f"{lock['by']}: {lock['what']}" if lock else "free",
        "hold": f"{hold['by']}: {hold['reason']}" if hold else "none",
    }


def _left_out(members: Sequence[Member]) -> list[Difference]:
    left_out: dict[str, str] = {}
    for member in members:
        left_out |= member.known.left_out
    said = "{} was left out of the last release: {}"
    return [Difference(LEFT_OUT, said.format(address, reason)) for address, reason in left_out.items()]


def _what(found: Mapping[str, Values]) -> list[str]:
    return list(dict.fromkeys(what for values in found.values() for what in values))


def _line(what: str, found: Mapping[str, Values]) -> str:
    """What differs, and on which hosts; of a runtime file not how, as its value is a secret."""
    hosts: dict[str, list[str]] = {}
    for address, values in found.items():
        if (value := values.get(what, "")) is not None:
            hosts.setdefault(value, []).append(address)
    if len(hosts) < 2:
        return ""
    if what.startswith(RUNTIME_FILE):
        return f"{what}: differs between {' and '.join(', '.join(each) for each in hosts.values())}"
    nothing = "enough free" if what == "disk" else "none"
    return f"{what}: " + "; ".join(f"{', '.join(each)}: {value or nothing}" for value, each in hosts.items())
