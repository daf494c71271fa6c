"""Who reads ssh_config: ssh itself, or Paramiko where there is no ssh."""

from collections.abc import Iterator
from pathlib import Path

from fabric.config import Config

from tasks.errors import UsageError
from tasks.remote.openssh import Files, OpenSsh, program
from tasks.remote.settings import Read
from tasks.remote.without_ssh import Paramiko


def reader(config: Config) -> Read:
    """Of the files that Fabric is set to read: `fab -S` names one. Raises UsageError where that is missing."""
    files = _files(config)
    ssh = program()
    return OpenSsh(ssh, files) if ssh else Paramiko.of([files.named] if files.named else files.usual)


def here() -> Iterator[tuple[str, str, str]]:
    """What `check` reports of this workstation: a level, a text, and what to do."""
    if not program():
        yield (
            "warn",
            "this workstation has no ssh that knows this user: of ssh_config, Include, comments at the end of a line"
            " and some kinds of Match are not understood",
            "install an SSH client (openssh-client), and give this user a line in /etc/passwd",
        )


def _files(config: Config) -> Files:
    if config._runtime_ssh_path:
        named = Path(config._runtime_ssh_path).expanduser()
        if not named.is_file():
            raise UsageError(f"the ssh_config {named} does not exist", next="# correct -S, or leave it out")
        return Files(named=named)
    if not config.load_ssh_configs:
        return Files()
    return Files(usual=(Path(config._user_ssh_path), Path(config._system_ssh_path)))
