"""git, as every step runs it: it never asks, never goes to the background, and is ended at the step's time."""

from __future__ import annotations

import os
from typing import Any

from tasks.host import files, programs, strays
from tasks.host.failure import Failed
from tasks.host.programs import Done
from tasks.host.run import Run

SETTINGS = (
    "gc.auto=0",
    "maintenance.auto=false",
    "core.fsync=all",
    "core.hooksPath=/dev/null",
    "advice.detachedHead=false",
    "remote.origin.followRemoteHEAD=never",
)
NOT_PASSED_ON = {
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE"),
    "GIT_SSH_COMMAND",
}
SSH_OPTIONS = "-o BatchMode=yes -o ConnectTimeout=15 -o ServerAliveInterval=10"
CONFIGURED = r"^(core\.sshcommand|remote\.origin\.url)$"


def logged(run: Run, *words: str) -> bool:
    """Run git, what it prints in the log. Whether it succeeded. Raises Failed when it took too long."""
    return asked(run, *words, output=run.log.descriptor).code == 0


def asked(run: Run, *words: str, **streams: Any) -> Done:
    """Run git for what it prints; its errors go to the log. Raises Failed when it took too long."""
    done = call(run, words, errors=run.log.descriptor, **streams)
    if done.code == programs.TOO_LATE:
        raise Failed(f"{run.step} was ended after {run.step_timeout:g} seconds (step_timeout)")
    return done


def names(run: Run, *words: str) -> list[str]:
    """The names that git lists with an option -z. Raises Failed when it took too long."""
    return [os.fsdecode(name) for name in asked(run, *words).output.split(b"\0") if name]


def call(run: Run, words: tuple[str, ...], *, ssh_options: str = "", **streams: Any) -> Done:
    """Run git, and have its code and output as they come. `ssh_options` are added to ours; `streams` as in programs.run."""
    if not run.ssh_command:
        origin(run)
    ssh = f"{run.ssh_command} {SSH_OPTIONS} {ssh_options}".rstrip()
    return _start(run, words, {"GIT_SSH_COMMAND": ssh}, **streams)


def there(run: Run, repo: str = "") -> str:
    """The option of git that names repo.git, or another bare one: with safe.bareRepository=explicit it finds none itself."""
    return f"--git-dir={repo or run.repo}"


def origin(run: Run, *where: str) -> str:
    """The URL of origin, "" where there is none, by git's settings `where` it looks; they have what git runs for ssh, too."""
    words = (*where, "config", "-z", "--get-regexp", CONFIGURED)
    printed = _start(run, words, {}, errors=run.log.descriptor).output.decode("utf-8", "surrogateescape")
    pairs = [entry.partition("\n")[::2] for entry in printed.split("\0")]
    program = files.quoted(os.environ["GIT_SSH"]) if os.environ.get("GIT_SSH") else "ssh"
    run.ssh_command = os.environ.get("GIT_SSH_COMMAND") or dict(pairs).get("core.sshcommand") or program
    return next((url for key, url in pairs if key == "remote.origin.url"), "")  # of several git fetches from the first


def _start(run: Run, words: tuple[str, ...], more: dict[str, str], **streams: Any) -> Done:
    local = run.repository.startswith(("/", "file://"))  # its submodules may lie on this disk too
    settings = (*SETTINGS, "protocol.file.allow=always") if local else SETTINGS
    options = [word for setting in settings for word in ("-c", setting)]
    environment = {key: value for key, value in programs.inherited().items() if key not in NOT_PASSED_ON}
    fixed = {"LC_ALL": "C.UTF-8", "GIT_CEILING_DIRECTORIES": run.builds, "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "false"}
    ours = {strays.VARIABLE: run.build} if run.build else {}  # a run that finds this build dead ends its git too
    return programs.run(
        ["git", *options, *words], seconds=run.step_timeout, env={**environment, **fixed, **ours, **more}, **streams
    )
