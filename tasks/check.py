"""check: everything that a release needs, one line each, with nothing changed."""

from tasks.errors import NotReleased
from tasks.flow.session import Session
from tasks.flow.verb import reads, verb
from tasks.phases import check as phases
from tasks.view.report import show_check


@verb()
@reads
def check(session: Session) -> None:
    """Everything that a release needs, a line each: ok, warn or FAIL, and what to do."""
    environment = session.environment
    session.host.connect()
    asked = [phases.check(environment)] + ([phases.check_services(environment)] if environment.services else [])
    outcomes = [session.require(phase) for phase in asked]
    found = [event for outcome in outcomes for event in outcome.events if event.kind == "check"]
    show_check([(session.host.address, *event.words) for event in found])
    failed = sum(event.word(0) == "FAIL" for event in found)
    if failed:
        raise NotReleased(
            f"{failed} of {len(found)} checks failed", next="do what the lines say, then " + session.hint("check")
        )
