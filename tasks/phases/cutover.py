"""What follows a sealed release: migrations, the one rename that makes it live, and what is written down afterwards."""

from tasks.config.models import Environment
from tasks.phases.build import lane
from tasks.phases.host import command_settings, runtime_settings, settings
from tasks.phases.step import Phase, Step, Words

SWAP = "swap"
"""The step that renames: whatever ends badly in it, the host is asked what is live."""


def migrate(environment: Environment) -> Phase:
    """Migrations, on one host, from the sealed release, before the first cutover."""
    return Phase(
        "migrate",
        settings=command_settings(environment),
        runner="job",
        steps=(
            Step("still live", ("live_still",)),
            Step("migrate", ("commands_run", *lane("migrate", ".", environment.migrate)), "migrate"),
        ),
    )


def cutover(environment: Environment) -> Phase:
    """Compare, rename, history. Without a release name in the run it goes back to the previous good one."""
    return Phase(
        "cutover",
        settings=settings(environment),
        steps=(Step("target", ("live_target",)), Step(SWAP, ("live_swap",))),
    )


def finish(environment: Environment, outcome: str, said: str = "") -> Phase:
    """Write down how post-release went (`ok`, `unhealthy` or `failed`); tell what it left in the file `said`, masked."""
    return Phase(
        "finish",
        settings=(*settings(environment), *runtime_settings(environment)),
        steps=(
            Step("record", ("live_served", outcome)),
            Step("state", ("report_state",)),
            *((Step("said", ("said_tell", said)),) if said else ()),
        ),
    )


def in_use(environment: Environment) -> Phase:
    """Which releases some process uses, with the service user's sight: what the release user cannot see."""
    return Phase(
        "in-use",
        settings=settings(environment),
        steps=(Step("processes", ("in_use_tell",)),),
        as_service_user=True,
    )


def prune(environment: Environment, used: Words = ()) -> Phase:
    """Remove the oldest releases beyond keep_releases, but for those `used`: each a name and the process that uses it."""
    return Phase(
        "prune",
        settings=settings(environment),
        steps=(Step("prune", ("release_prune", str(environment.keep_releases), *used)),),
    )
