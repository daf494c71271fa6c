"""The programs of a host: those that phases start, those that hosts.yml names, and whether their versions will do."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence

from tasks.host.check.asking import ask, guarded, scratch_home, which
from tasks.host.run import Run, expanded
from tasks.host.services.masked import shown

BUILT_IN = """
if then else elif fi case esac for select while until do done in function time coproc . : alias bg bind break builtin caller
cd command compgen complete compopt continue declare dirs disown echo enable eval exec exit export false fc fg getopts hash
help history jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return set shift shopt source
suspend test times trap true type typeset ulimit umask unalias unset wait
"""
"""What bash has itself: its reserved words and its commands."""

PRINTS_ITS_VERSION = re.compile(r"php.*|bun|node|npm|composer|git")  # without doubt: nothing is fetched, and nothing written
VERSION = re.compile(r"\d+\.\d+(?:\.\d+)?")
OLDEST_GIT = (2, 12)  # the first with all that this tool uses of it
INSTALLED_AT = (
    *("~/.bun/bin", "~/.local/bin", "~/.deno/bin", "~/.volta/bin", "~/.cargo/bin", "~/bin", "~/.nvm/versions/node/*/bin"),
    *("/usr/local/bin", "/opt/*/bin"),
)
QUIET = ("--no-dev", "--lock", "--no-plugins", "--no-interaction", "--no-ansi", "--quiet")


def search_path(run: Run) -> str:
    """PATH as the release user's commands will have it. A relative entry of `path` is the live release's for now."""
    return ":".join([*(os.path.join(run.live, expanded(folder)) for folder in run.path), os.environ.get("PATH", os.defpath)])


def check_tools(run: Run, tools: Sequence[str]) -> None:
    """The programs that phases start, and the one part of Python's library that python3-minimal lacks."""
    missing = [tool for tool in tools if not which(tool)]
    if missing:
        run.report.bad(f"missing on the host: {' '.join(missing)}", "sudo apt-get install the packages they come from")
    else:
        run.report.ok(f"tools: {' '.join(tools)}")
    try:
        import ctypes  # noqa: F401 the question
    except ImportError:
        run.report.bad("python3 has no ctypes on this host", "sudo apt-get install python3")


def check_commands(run: Run, commands: Sequence[Sequence[str]]) -> None:
    """(word, key) of each command: is it on the PATH that the release user's commands get? `key` needs it first."""
    path, built_in = search_path(run), BUILT_IN.split()
    found: list[str] = []
    with scratch_home() as env:
        for word, key in commands:
            program = which(word, path)
            if program and PRINTS_ITS_VERSION.fullmatch(word):
                version = VERSION.search(ask([program, "--version"], {**env, "PATH": path}, errors=False).text)
                found.append(f"{word} {version[0]}" if version else word)
            elif program or word in built_in:
                found.append(word)
            else:
                _missing(run, word, key)
    if found:
        run.report.ok("commands: " + ", ".join(sorted(found)))
    git = VERSION.search(ask(["git", "--version"]).text)
    if git and tuple(map(int, git[0].split(".")[:2])) < OLDEST_GIT:
        run.report.bad(f"git is {git[0]}, and 2.12 is needed", "install a newer git")


def _missing(run: Run, word: str, key: str) -> None:
    user, needs = run.release_user, f"and {key} needs it"
    folders = [folder for pattern in INSTALLED_AT for folder in glob.glob(os.path.expanduser(pattern))]
    found = [folder.replace(run.home, "~", 1) for folder in folders if which(os.path.join(folder, word))]
    later = [folder for folder in run.path if not expanded(folder).startswith("/")]
    if found:
        run.report.bad(f"{word} is not on the PATH of {user}'s commands, {needs}", f"put {found[0]} into path of hosts.yml")
    elif later:
        todo = f"it may come with the build, into {later[-1]} of path; else install it"
        run.report.doubt(f"there is no {word} on this host for {user} yet, {needs}", todo)
    else:
        todo = "install it, or put its directory into path of hosts.yml"
        run.report.bad(f"there is no {word} on this host for {user}, {needs}", todo)


def check_versions(run: Run, apps: Sequence[Sequence[str]]) -> None:
    """PHP and its extensions against composer.lock of each app, (name, path), as the live release has them."""
    path = search_path(run)
    composer = which("composer", path)
    folders = [(name, os.path.join(run.live, folder)) for name, folder in apps]
    for name, folder in folders if composer else ():
        if os.path.exists(os.path.join(folder, "composer.lock")):
            words = [composer, "check-platform-reqs", f"--working-dir={folder}", *QUIET]
            with guarded(run, f"PHP of {name}"), scratch_home() as env:
                _check_platform(run, name, words, {**env, "PATH": path})


def _check_platform(run: Run, name: str, words: list[str], env: dict[str, str]) -> None:
    """Composer judges, by the release's own lock file."""
    if not ask(words, env).code:
        run.report.ok(f"{name}: PHP here is what composer.lock and composer.json ask for")
        return
    lines = shown(run, ask(words[:-1], env).output).strip().split("\n")
    wrong = [" ".join(line.split()) for line in lines if line.rstrip().endswith(("failed", "missing"))]
    reasons = "; ".join(wrong[:4]) or lines[-1] or "no answer"
    what = f"{name}: PHP here is not what composer.lock and composer.json ask for: {reasons}"
    run.report.bad(what, "sudo apt-get install what is missing (php-intl for ext-intl), then composer check-platform-reqs")
