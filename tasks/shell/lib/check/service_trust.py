"""What of the releases runs as root, and must not: the release user can write it."""

from __future__ import annotations

import os
import re
from typing import List

from tasks.shell.lib.check.check_lines import fail, ok
from tasks.shell.lib.check.service_files import Command, Runs

RUNS_CODE = re.compile(
    r"(?:php(?:-fpm)?|python|perl|ruby|node|nodejs|bun|deno|npm|npx|yarn|pnpm|java|bash|dash|sh|zsh|ksh|env|nice|ionice|timeout|flock"
    r"|xargs|make|composer|nginx|supervisord|gunicorn|uvicorn|caddy|frankenphp|rr)[\d.]*"
)


class Code:
    """The places whose files the release user writes: the live link, and the releases."""

    def __init__(self, *places: str) -> None:
        known = {place for given in places if given for place in (given, os.path.realpath(given))}
        self.names = re.compile(
            "(?<![\\w/.-])(?:%s)(?:/[^\\s'\";]*)?(?![\\w.-])" % "|".join(map(re.escape, sorted(known) or ["\0"]))
        )

    def at(self, path: str) -> str:
        """A path that lies there, be it through a link; else ""."""
        return next((name for name in (path, os.path.realpath(path)) if path.startswith("/") and self.names.match(name)), "")

    def run_by(self, command: Command, folder: str) -> str:
        """What of it a command runs: its program, what an interpreter is given, or where it starts; else ""."""
        if not command.words:
            return ""
        program, *words = command.words
        given = self.names.search(" ".join(words)) if RUNS_CODE.fullmatch(os.path.basename(program)) else None
        return self.at(program) or (given[0] if given else "") or self.at(folder)

    def run_as_root(self, runs: Runs) -> str:
        """What of it a unit or a program runs as root, or takes its environment from; else ""."""
        root = runs.user in ("root", "0")
        found = [self.run_by(command, runs.folder) for command in runs.commands if root or command.privileged]
        found += [self.at(line.split(" (")[0]) for line in runs.about.get("EnvironmentFiles", "").splitlines() if root]
        return next(filter(None, found), "")


def tell_root(runs: List[Runs], code: Code) -> None:
    """Root must not run what the release user can write."""
    found = [(each, code.run_as_root(each)) for each in runs]
    for each, place in found:
        if place:
            how = "user= in its file, then sudo supervisorctl update" if each.kind == "supervisor" else "User= in the unit"
            fail(
                "%s runs %s as root, and the release user can write that" % (each.label, place),
                "set %s: a user who may read the release, www-data say" % how,
            )
    if not any(place for _, place in found):
        ok("nothing of a release runs as root (%d units and programs looked at)" % len(runs))
