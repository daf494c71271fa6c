"""Who reads ssh_config: ssh itself, or Paramiko where there is no ssh."""

import os
from collections.abc import Iterator
from pathlib import Path

from fabric.config import Config

from tasks.errors import UsageError
from tasks.remote.openssh import Files, OpenSsh, program
from tasks.remote.settings import Read
from tasks.remote.without_ssh import Paramiko

NONE = "none"
"""In the place of a file of ssh_config, as ssh -F has it: none is read."""


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


def lack(path: Path) -> str:
    """Why this is no file that can be read more than once; "" for one."""
    if os.path.isfile(path):  # noqa: PTH113 Path raises where a directory on the way may not be entered
        return ""
    return "is a directory" if os.path.isdir(path) else "is not a file" if os.path.exists(path) else "does not exist"  # noqa: PTH110, PTH112


def _files(config: Config) -> Files:
    if config._runtime_ssh_path is not None:
        if config._runtime_ssh_path == NONE:
            return Files()
        named = Path(os.path.expanduser(config._runtime_ssh_path))  # noqa: PTH111 Path raises for an unknown user
        why = f"the ssh_config {named} {lack(named)}" if config._runtime_ssh_path else "-S is empty"
        if lack(named) and str(named) != os.devnull:
            raise UsageError(why, next="# correct -S, or leave it out")
        return Files(named=named)
    if not config.load_ssh_configs:
        return Files()
    return Files(usual=(Path(config._user_ssh_path), Path(config._system_ssh_path)))
