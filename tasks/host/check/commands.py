"""Can the commands of hosts.yml be found, and in which versions?"""

from __future__ import annotations

import glob
import os
import re
from typing import TYPE_CHECKING

from tasks.host.check.asking import ask, scratch_home
from tasks.host.check.search import from_build, search_path, which

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.host.run import Run

BUILT_IN = """
if then else elif fi case esac for select while until do done in function time coproc . : alias bg bind break builtin caller
cd command compgen complete compopt continue declare dirs disown echo enable eval exec exit export false fc fg getopts hash
help history jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return set shift shopt source
suspend test times trap true type typeset ulimit umask unalias unset wait
"""
"""What bash has itself: its reserved words and its commands."""

PRINTS_ITS_VERSION = re.compile(r"php.*|bun|node|npm|composer|git")
"""Programs that print it without doubt: nothing is fetched, and nothing written."""

VERSION = re.compile(r"\d+\.\d+(?:\.\d+)?")
OLDEST_GIT = (2, 12)  # the first with all that this tool uses of it
INSTALLED_AT = (
    *("~/.bun/bin", "~/.local/bin", "~/.deno/bin", "~/.volta/bin", "~/.cargo/bin", "~/bin", "~/.nvm/versions/node/*/bin"),
    *("/usr/local/bin", "/opt/*/bin"),
)


def check_commands(run: Run, commands: Sequence[Sequence[str]]) -> None:
    """(word, key) of each command: is it on the PATH that the release user's commands get? `key` needs it first."""
    path, built_in = search_path(run), BUILT_IN.split()
    found: list[str] = []
    with scratch_home() as env:
        for word, key in commands:
            program = which(word, path)
            if program or word in built_in:
                found.append(f"{word} {_version(word, program, {**env, 'PATH': path})}".rstrip())
            else:
                _missing(run, word, key)
    if found:
        run.report.ok("commands: " + ", ".join(sorted(found)))
    check_git_version(run)


def check_git_version(run: Run) -> None:
    """Is git new enough for this tool?"""
    version = VERSION.search(ask(["git", "--version"]).text)
    if version and tuple(map(int, version[0].split(".")[:2])) < OLDEST_GIT:
        run.report.bad(f"git is {version[0]}, and 2.12 is needed", "install a newer git")


def _version(word: str, program: str, env: dict[str, str]) -> str:
    if not program or not PRINTS_ITS_VERSION.fullmatch(word):
        return ""
    version = VERSION.search(ask([program, "--version"], env, errors=False).text)
    return version[0] if version else ""


def _missing(run: Run, word: str, key: str) -> None:
    for pattern in INSTALLED_AT:
        for folder in glob.glob(os.path.expanduser(pattern)):
            if which(os.path.join(folder, word), ""):
                short = folder.replace(run.home, "~", 1)
                what = f"{word} is not on the PATH of {run.release_user}'s commands, and {key} needs it"
                run.report.bad(what, f"put {short} into path of hosts.yml")
                return
    later = from_build(run)
    if later:
        what = f"there is no {word} on this host for {run.release_user} yet, and {key} needs it"
        run.report.doubt(what, f"it may come with the build, into {later} of path; else install it")
    else:
        what = f"there is no {word} on this host for {run.release_user}, and {key} needs it"
        run.report.bad(what, "install it, or put its directory into path of hosts.yml")
