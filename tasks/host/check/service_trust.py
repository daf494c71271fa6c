"""What of the releases runs as root, and must not: the release user can write it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from tasks.host.check.service_files import Runs
from tasks.host.run import Run

INTERPRETER = re.compile(
    r"(?:php(?:-fpm)?|python|perl|ruby|node|nodejs|bun|deno|npm|npx|yarn|pnpm|java|bash|dash|sh|zsh|ksh|env|nice|ionice|timeout|flock"
    r"|xargs|make|composer|nginx|supervisord|gunicorn|uvicorn|caddy|frankenphp|rr)[\d.]*"
)
"""Programs that run, or read as configuration, a file that is an argument."""


class Code:
    """The places whose files the release user writes: the live link, and the releases."""

    def __init__(self, *places: str) -> None:
        known = sorted({name for place in places if place for name in (place, os.path.realpath(place))}) or ["\0"]
        anyone = "|".join(map(re.escape, known))
        self.names = re.compile(rf"(?<![\w/.-])(?:{anyone})(?:/[^\s'\";]*)?(?![\w.-])")

    def at(self, path: str) -> str:
        """A path that lies there, be it through a link; else ""."""
        return next((name for name in (path, os.path.realpath(path)) if path.startswith("/") and self.names.match(name)), "")

    def run_by(self, words: Sequence[str], folder: str) -> str:
        """What of it a command runs: its program, an interpreter's argument, or the folder that it starts in; else ""."""
        if not words:
            return ""
        argument = self.names.search(" ".join(words[1:])) if INTERPRETER.fullmatch(os.path.basename(words[0])) else None
        return self.at(words[0]) or (argument[0] if argument else "") or self.at(folder)

    def run_as_root(self, runs: Runs) -> str:
        """What of it a unit or a program runs as root, or reads its environment from; else ""."""
        root = runs.user in ("root", "0")
        found = [self.run_by(words, runs.folder) for words, privileged in runs.commands if root or privileged]
        found += [self.at(line.split(" (")[0]) for line in runs.about.get("EnvironmentFiles", "").splitlines() if root]
        return next(filter(None, found), "")


def check_root(run: Run, every: Sequence[Runs], code: Code) -> None:
    """Root must not run what the release user can write."""
    found = [(each, place) for each in every for place in [code.run_as_root(each)] if place]
    for each, place in found:
        how = "user= in its file, then sudo supervisorctl update" if each.kind == "supervisor" else "User= in the unit"
        run.report.bad(
            f"{each.label} runs {place} as root, and the release user can write that",
            f"set {how}: a user who may read the release, www-data say",
        )
    if not found:
        run.report.ok(f"nothing of a release runs as root ({len(every)} units and programs looked at)")
