"""What every program is told about its host before its first step."""

import posixpath

from tasks.config.models import Environment
from tasks.phases.step import Words


def settings(environment: Environment) -> tuple[Words, ...]:
    """Where things are, for every program."""
    return (
        (
            "host",
            environment.name,
            environment.live_link,
            environment.builds_dir,
            environment.releases_dir,
            str(environment.step_timeout),
        ),
    )


def command_settings(environment: Environment) -> tuple[Words, ...]:
    """For programs that run the release user's commands: their PATH and environment, and the files whose values are masked."""
    return (
        *settings(environment),
        ("command_path", *environment.path),
        ("command_env", *(f"{key}={value}" for key, value in environment.env.items())),
        *runtime_settings(environment),
    )


def runtime_settings(environment: Environment) -> tuple[Words, ...]:
    """Which files are the runtime files."""
    named = ((file.path, "optional" if file.optional else "required") for file in environment.runtime_files)
    return (("runtime_files", *(word for pair in named for word in pair)),)


def link_words(environment: Environment) -> Words:
    """Persistent links, as PATH TARGET MOUNTPOINT, "" where there is no mountpoint."""
    return tuple(word for link in environment.persistent_links for word in (link.path, link.target, link.mountpoint or ""))


def env_words(environment: Environment) -> Words:
    """APP_ENV, the keys of `env`, and where a .env may lie: in the directory of the site and in that of each app."""
    folders = dict.fromkeys([".", *(posixpath.normpath(app.path) for app in environment.apps)])
    return (environment.env.get("APP_ENV", "prod"), " ".join(environment.env), *folders)
