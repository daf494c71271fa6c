"""How the hosts of an environment differ from one another."""

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from tasks.errors import HostsDiffer
from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.phases import report

RUNTIME_FILE = "runtime file "


def differences(fleet: Fleet) -> list[str]:
    """A line for everything in which the hosts that were asked differ; of a host alone there is nothing to compare."""
    key = secrets.token_hex(32)
    compared = fleet.each(
        lambda member: _compared(member, key), of=[member for member in fleet.members if fleet.others(member)]
    ).values
    asked = [member for member in fleet.members if member in compared]
    found = {member.host.address: {**_of(member), **compared[member]} for member in asked}
    return [*_left_out(asked), *(line for what in _what(found) if (line := _line(what, found)))]


def require_alike(fleet: Fleet, found: Sequence[str]) -> None:
    """Raises HostsDiffer where there are differences."""
    if found:
        raise HostsDiffer(
            f"the hosts of {fleet.environment.name} differ",
            details=found,
            state="What each host runs stays as it is.",
            next=_way_on(fleet),
        )


def _way_on(fleet: Fleet) -> str:
    """Of a fleet that is released to a half there is no model that `adopt` could take, and one that is alike needs none."""
    lives = {member.live for member in fleet.members}
    if len(lives) == 1 and any(member.known.pending for member in fleet.members):
        return f"{fleet.hint('post-release')} # makes the services of each run what is live"
    if len(lives) == 1 or not all(lives) or any(member.known.left_out for member in fleet.members):
        return f"{fleet.hint('adopt')} # gives each host what the others run; status --host ADDRESS shows one alone"
    newest, own = max(lives), fleet.primary.live
    back = () if own == newest else ("--to", own)
    return f"{fleet.hint('deploy', '--name', newest)} # goes on; {fleet.hint('rollback', *back)} goes back"


def _compared(member: Member, key: str) -> dict[str, str]:
    if member.state is None:
        member.ask()
    found: dict[str, str] = json.loads(member.require(report.compare(key), again=True).facts["compared"])
    return found


def _of(member: Member) -> dict[str, str]:
    document, live = member.known.document, member.known.live
    lock, hold = document.get("lock"), document.get("hold")
    return {
        "live": member.live or "nothing",
        "commit": live.release.commit if live else "",
        "previous": member.known.previous or "none",
        "post-release": "pending" if member.known.pending else "done",
        "lock": f"{lock['by']}: {lock['what']}" if lock else "free",
        "hold": f"{hold['by']}: {hold['reason']}" if hold else "none",
    }


def _left_out(members: Sequence[Member]) -> list[str]:
    left_out: dict[str, str] = {}
    for member in members:
        left_out |= member.known.left_out
    return [f"{address} was left out of the last release: {reason}" for address, reason in left_out.items()]


def _what(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(what for values in found.values() for what in values))


def _line(what: str, found: Mapping[str, Mapping[str, str]]) -> str:
    """What differs, and on which hosts; of a runtime file not how, as its value is a secret."""
    hosts: dict[str, list[str]] = {}
    for address, values in found.items():
        hosts.setdefault(values.get(what, ""), []).append(address)
    if len(hosts) == 1:
        return ""
    if what.startswith(RUNTIME_FILE):
        return f"{what}: differs between {' and '.join(', '.join(each) for each in hosts.values())}"
    return f"{what}: " + "; ".join(f"{', '.join(each)}: {value or 'none'}" for value, each in hosts.items())
