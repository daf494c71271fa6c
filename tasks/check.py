"""check: everything that a release needs, one line each, with nothing changed."""

from tasks.errors import NotReleased
from tasks.flow import drain
from tasks.flow.drift import differences, require_alike
from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.flow.verb import verb
from tasks.phases import check as phases
from tasks.remote.reading import here
from tasks.view.report import print_lines, show_check
from tasks.view.words import clean

_HELP = {"sudoers": "print the smallest sudoers file for the service user, and check nothing"}


@verb(_HELP, reads=True)
def check(fleet: Fleet, sudoers: bool = False) -> None:
    """Everything that a release needs, a line each: ok, warn or FAIL, and what to do."""
    if sudoers:
        _print_sudoers(fleet)
        return
    asked = fleet.each(_found)
    found = [line for member in fleet.members for line in asked.values.get(member, ())]
    if not asked.errors:
        found += [(fleet.primary.host.address, *line) for line in drain.checked(fleet)]
    if found:
        show_check(found)
    fleet.raise_any(asked.errors)
    failed = sum(level == "FAIL" for _, level, *_ in found)
    if failed:
        raise NotReleased(
            f"{failed} of {len(found)} checks failed", next=fleet.hint("check") + " # once what the lines say is done"
        )
    require_alike(fleet, differences(fleet))


def _found(member: Member) -> list[tuple[str, ...]]:
    """Every line of the checks of a host: its address, ok, warn or FAIL, the text, and what to do."""
    environment = member.host.environment
    site = member.require(phases.check(environment))
    services = member.require(phases.check_services(environment, site.facts["live_link"], site.facts["releases"]))
    events = [event.words for event in (*site.events, *services.events) if event.kind == "check"]
    return [(member.host.address, *words) for words in (*here(), *events)]


def _print_sudoers(fleet: Fleet) -> None:
    """The rules, once for hosts that need the same. A host's words are one line each, and nothing but printable."""
    environment = fleet.environment
    served = [member for member in fleet.members if member.host.environment.services]
    asked = fleet.require(lambda member: member.require(phases.sudoers(member.host.environment)).texts, of=served)
    needs: dict[tuple[str, ...], list[str]] = {}
    for member, texts in asked.items():
        needs.setdefault(tuple(dict.fromkeys(map(clean, texts))), []).append(member.host.address)
    lines = [
        f"# What post-release of {environment.name} runs through sudo as {environment.service_user}. "
        "Try it with `visudo -cf FILE`, then, as root:",
        f"# install -m 440 FILE /etc/sudoers.d/release-{environment.name}",
    ]
    for rules, addresses in needs.items():
        lines += [f"# On {', '.join(addresses)}:"] if len(needs) > 1 else []
        lines += rules
    print_lines(lines)
