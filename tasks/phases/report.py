"""What a host is asked without being changed: plan, status, releases, history, logs."""

from tasks.config.models import Environment
from tasks.phases.host import env_words, runtime_settings, settings
from tasks.phases.step import Phase, Step

_READY = Step("ready", ("ready",))


def plan(environment: Environment) -> Phase:
    """What a release of this ref would do. It may fetch into repo.git."""
    return Phase(
        "plan",
        settings=(*settings(environment), *runtime_settings(environment)),
        steps=(
            _READY,
            Step("fetch", ("git_fetch", environment.repository), "repository"),
            Step("resolve", ("git_resolve",)),
            Step("settings", ("settings_warn", *env_words(environment)), "env"),
            Step("commits", ("plan_commits",)),
            Step("prune", ("plan_prune", str(environment.keep_releases))),
            Step("state", ("report_state",)),
        ),
    )


def state(environment: Environment) -> Phase:
    """What is live, what is there, who holds the lock."""
    return Phase("state", settings=settings(environment), steps=(_READY, Step("state", ("report_state",))))


def history(environment: Environment) -> Phase:
    """Who did what and when."""
    return Phase("history", settings=settings(environment), steps=(_READY, Step("history", ("report_history",))))


def logs(environment: Environment, name: str) -> Phase:
    """What the build of a release said; of the newest one when no name is given."""
    return Phase("logs", settings=settings(environment), steps=(_READY, Step("log", ("report_log", name))))
