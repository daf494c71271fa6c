"""What to type where the hosts of an environment differ: the line that ends it, and works on the hosts as they are."""

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType

from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.remote.run import Release

LEFT_OUT, RUNTIME_FILE = "left out", "runtime file "


def line(fleet: Fleet, differing: Collection[str]) -> str:
    """The line for that which has to end first, of what differs."""
    kinds = (kind for kind in _LINES if any(what.startswith(kind) for what in differing))
    return next((_LINES[kind](fleet) for kind in kinds), fleet.hint("status"))


def newcomers(members: Sequence[Member]) -> list[Member]:
    """Each that was left out, or has nothing live."""
    left_out = {address for member in members for address in member.known.left_out}
    return [member for member in members if member.host.address in left_out or not member.live]


def model(members: Sequence[Member]) -> Release | None:
    """The release that is live on all of these, None where they differ, or nothing is."""
    lives = [member.known.live.release if member.known.live else Release() for member in members]
    return lives[0] if lives and lives[0].name and len({(live.name, live.commit) for live in lives}) == 1 else None


def before(members: Sequence[Member]) -> Release | None:
    """The newest release of a commit that each of these could go back to."""
    first, *others = members
    common = [name for name in first.known.back if all(name in other.known.back for other in others)]
    sealed = _sealed(first)
    return next((sealed[name] for name in common if name in sealed and sealed[name].commit), None)


def to_one_release(fleet: Fleet) -> str:
    """What makes every host run the same: adopt where the others are a model, or a release that all have, or a new one."""
    late = newcomers(fleet.members)
    if late and _can_be_adopted(fleet, late):
        return f"{fleet.hint('adopt')} # gives each host what the others run; status --host ADDRESS shows one alone"
    lives = {member.live for member in fleet.members}
    if len(lives) > 1 and lives <= _on_all(fleet):
        return _both_ways(fleet, max(lives))
    for member in reversed(fleet.members) if len(lives) > 1 else ():
        if _can_be_adopted(fleet, [member]):
            return _adopt(fleet, member)
    return anew(fleet, "releases the same to all")


def anew(fleet: Fleet, why: str = "") -> str:
    """A release to all, of the ref that the primary's was built from."""
    live = fleet.primary.known.live
    ref = live.release.ref if live else ""
    return fleet.hint("deploy", "--ref", ref or "master") + (f" # {why}" if why else "")


def _both_ways(fleet: Fleet, newest: str) -> str:
    own, common, forward = fleet.primary.live, _on_all(fleet), fleet.hint("deploy", "--name", newest)
    if _is_left(fleet, newest):
        older = next(member.live for member in fleet.members if member.live != newest)
        return f"{fleet.hint('rollback', '--to', older)} # goes back; {forward} tries it once more"
    forward = f"{forward} # goes on"
    if own != newest:
        return f"{forward}; {fleet.hint('rollback', '--to', own)} goes back"
    return forward + (f"; {fleet.hint('rollback')} goes back" if common & {*fleet.primary.known.back} else "")


def _is_left(fleet: Fleet, name: str) -> bool:
    """Whether as many hosts as still run this release have gone back from it: it has failed, or a rollback has left it."""
    states = [each["state"] for member in fleet.members for each in member.known.document["releases"] if each["name"] == name]
    return states.count("bad") >= [member.live for member in fleet.members].count(name)


def _to_go_back(fleet: Fleet) -> str:
    """A host whose siblings all have a release to go back to gets that; else each has one once the next is live."""
    lacking = [member for member in fleet.members if not member.known.previous]
    if len(lacking) == 1 and _can_be_adopted(fleet, lacking) and before(_others(fleet, lacking)):
        return _adopt(fleet, lacking[0])
    return anew(fleet, "gives each host a release to go back to")


def _adopt(fleet: Fleet, member: Member) -> str:
    return f"{fleet.hint('adopt', member.host.address)} # gives it what the others run"


def _can_be_adopted(fleet: Fleet, members: Sequence[Member]) -> bool:
    others = _others(fleet, members)
    found = model(others) if others else None
    return bool(found and found.commit)


def _others(fleet: Fleet, members: Sequence[Member]) -> list[Member]:
    return [member for member in fleet.members if member not in members]


def _sealed(member: Member) -> dict[str, Release]:
    """Each release that is there, by its name."""
    there = member.known.document.get("releases", ())
    return {each["name"]: Release(each["name"], each["ref"] or "", each["commit"] or "") for each in there}


def _on_all(fleet: Fleet) -> set[str]:
    first, *others = (_sealed(member).keys() for member in fleet.members)
    return set(first).intersection(*others)


def _post_release(fleet: Fleet) -> str:
    return f"{fleet.hint('post-release')} # makes the services of each run what is live"


_LINES: Mapping[str, Callable[[Fleet], str]] = MappingProxyType(
    {
        "lock": lambda fleet: f"{fleet.hint('attach')} # follows what runs there",
        "hold": lambda fleet: f"{fleet.hint('unhold')} # ends it on every host; hold sets one on all",
        LEFT_OUT: to_one_release,
        "live": to_one_release,
        "commit": to_one_release,
        "post-release": _post_release,
        "workers": _post_release,
        "previous": _to_go_back,
        RUNTIME_FILE: lambda fleet: anew(fleet, "once the file is the same in ~/runtime of every host"),
        "disk": lambda fleet: f"{fleet.hint('prune')} # removes old releases; the rest of the disk is yours to look at",
        "php": lambda _: "# install the same version on every host",
        "bun": lambda _: "# install the same version on every host",
    }
)
"""For each kind of difference what ends it, in the order in which they have to end."""
