"""The lock that covers a run, the hold that stops everybody's, and the end of a job."""

from tasks.config.models import Environment
from tasks.phases.host import settings
from tasks.phases.step import Phase, Step


def lock(environment: Environment) -> Phase:
    """Take the lock, tell the state of the host, and hold it while the workstation is heard."""
    return Phase("lock", settings=settings(environment), steps=(), runner="lock_keep")


def cancel(environment: Environment) -> Phase:
    """End this run's job on the host: it removes its partial build itself."""
    return Phase("cancel", settings=settings(environment), steps=(Step("cancel", ("job_cancel",)),))


def hold(environment: Environment, reason: str) -> Phase:
    """Stop build, release and deploy for everybody."""
    return Phase("hold", settings=settings(environment), steps=(Step("ready", ("ready",)), Step("hold", ("hold_set", reason))))


def unhold(environment: Environment) -> Phase:
    """Let releases go on."""
    return Phase("unhold", settings=settings(environment), steps=(Step("ready", ("ready",)), Step("unhold", ("hold_clear",))))
