"""plan: what a release would do, before it does it."""

from tasks.errors import UsageError
from tasks.flow.plan import show
from tasks.flow.session import Session
from tasks.flow.verb import reads, verb
from tasks.phases import build, cutover, lock
from tasks.shell.render import program
from tasks.shell.run import Run
from tasks.view.report import print_lines

_HELP = {
    "ref": "branch, tag or commit",
    "script": "print the programs that release sends to the host, and ask no host",
}


@verb(_HELP)
@reads
def plan(session: Session, ref: str | None = None, script: bool = False) -> None:
    """What a release of --ref would do; --script prints the programs that it sends."""
    if script:
        _print_programs(session)
    elif not ref:
        raise UsageError("plan needs --ref BRANCH, TAG or COMMIT", next=session.hint("plan --ref master"))
    else:
        show(session, ref)


def _print_programs(session: Session) -> None:
    environment = session.environment
    phases = [lock.lock(environment), build.build(environment)]
    phases += [cutover.migrate(environment)] if environment.migrate else []
    for phase in [*phases, cutover.cutover(environment), cutover.prune(environment)]:
        print_lines([f"#### {phase.name}, as {environment.release_user}", program(phase, Run.placeholders())])
