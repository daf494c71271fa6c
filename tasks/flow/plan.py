"""What a release would do, asked of the host: for `plan`, and for every verb that has it as its dry run."""

from tasks.flow.release import Choice, find
from tasks.flow.session import Session
from tasks.phases import report
from tasks.view.report import show_plan


def show(session: Session, ref: str | None = None, name: str | None = None) -> None:
    """Show what a release of this ref, or of this finished release, would do."""
    choice = Choice.of(ref, name, session.hint("plan --ref master"))
    session.host.connect()
    session.update(ref=choice.ref)
    if choice.name:
        session.ask()
        find(session, choice.name)
        session.update(ref=session.run.commit)
    outcome = session.require(report.plan(session.environment))
    show_plan(session.environment, session.state, outcome.facts, str(choice))
