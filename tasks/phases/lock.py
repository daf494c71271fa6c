"""The lock that covers a run, the hold that stops everybody's, and the end of a job."""

from tasks.config.models import Environment
from tasks.phases.host import settings
from tasks.phases.step import Phase, Step, Words


def lock(environment: Environment, *, returns: bool = False, beside: bool = False) -> Phase:
    """Take the lock, tell the state of the host, and hold it while the workstation is heard.

    `returns`: this run had it before, and no hold stops it now; `beside`: its own job may be running there.
    """
    more: tuple[Words, ...] = (("lock_returns", *(("beside",) if beside else ())),) if returns else ()
    return Phase("lock", settings=(*settings(environment), *more), steps=(), runner="lock_keep")


def follow(environment: Environment, job: str = "", seen: int = 0) -> Phase:
    """Follow a job to its end, from the event after those that were `seen`; without a name, whatever job is running."""
    return Phase("attach", settings=(*settings(environment), ("job_of", job, str(seen))), steps=(), runner="job_follow")


def cancel(environment: Environment) -> Phase:
    """End this run's job on the host: it removes its partial build itself."""
    return Phase("cancel", settings=settings(environment), steps=(Step("cancel", ("job_cancel",)),))


def cancel_running(environment: Environment) -> Phase:
    """End the job that is running, whoever has started it."""
    steps = (Step("ready", ("ready",)), Step("cancel", ("job_cancel_running",)))
    return Phase("cancel", settings=settings(environment), steps=steps)


def hold(environment: Environment, reason: str) -> Phase:
    """Stop build, release and deploy for everybody."""
    return Phase("hold", settings=settings(environment), steps=(Step("ready", ("ready",)), Step("hold", ("hold_set", reason))))


def unhold(environment: Environment) -> Phase:
    """Let releases go on."""
    return Phase("unhold", settings=settings(environment), steps=(Step("ready", ("ready",)), Step("unhold", ("hold_clear",))))
