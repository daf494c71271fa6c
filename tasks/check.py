"""check: everything that a release needs, one line each, with nothing changed."""

from tasks.errors import NotReleased
from tasks.flow.session import Session
from tasks.flow.verb import reads, verb
from tasks.phases import check as phases
from tasks.phases.sudoers import sudoers as sudoers_phase
from tasks.view.report import print_lines, show_check


@verb({"sudoers": "print the smallest sudoers file for the service user, and check nothing"})
@reads
def check(session: Session, sudoers: bool = False) -> None:
    """Everything that a release needs, a line each: ok, warn or FAIL, and what to do."""
    if sudoers:
        _print_sudoers(session)
    else:
        _check(session)


def _check(session: Session) -> None:
    environment = session.environment
    session.host.connect()
    outcomes = [session.require(phases.check(environment))]
    if "live_link" in (told := outcomes[0].facts):  # else the host cannot run what would be asked next
        outcomes.append(session.require(phases.check_web(environment)))
        outcomes.append(session.require(phases.check_services(environment, told["live_link"], told["releases"])))
    found = [event for outcome in outcomes for event in outcome.events if event.kind == "check"]
    show_check([(session.host.address, *event.words) for event in found])
    failed = sum(event.word(0) == "FAIL" for event in found)
    if failed:
        raise NotReleased(
            f"{failed} of {len(found)} checks failed", next="do what the lines say, then " + session.hint("check")
        )


def _print_sudoers(session: Session) -> None:
    user, name = session.environment.service_user, session.environment.name
    rules = session.require(sudoers_phase(session.environment)).texts if session.environment.services else []
    head = (
        f"# What post-release of {name} runs through sudo as {user}. Try it with `visudo -cf FILE`, then, as root:",
        f"# install -m 440 FILE /etc/sudoers.d/release-{name}",
    )
    print_lines([*head, *dict.fromkeys(rules)])
