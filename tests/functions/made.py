"""A run on a host that is a directory of this machine, and the events that its steps report."""

import os
from pathlib import Path
from typing import Any

from tasks.host.log import Log
from tasks.host.report import Report
from tasks.host.run import Run

SITE: dict[str, Any] = {
    "environment": "prod",
    "live_link": "source",
    "builds_dir": "~/builds",
    "releases_dir": "~/releases",
    "step_timeout": 60,
    "release_user": "ftsuser",
    "path": [],
    "env": {},
    "runtime_files": [],
    "serves": True,
}
WHO = {"id": "0123456789ab", "by": "anna@laptop", "verb": "release", "what": "release master", "tool": "1.0.0"}
ABOUT: dict[str, Any] = {"release": "", "ref": "", "commit": "", "path": "", "expected": "", "put_back": ""}


class Made(Run):
    """A Run whose events are kept in `events`: tuples of a kind and its words."""

    def __init__(self, phase: str = "build", site: dict[str, Any] | None = None, **about: Any) -> None:
        self.events: list[tuple[str, ...]] = []
        who = {key: about.pop(key, value) for key, value in WHO.items()}
        request = {"phase": phase, "steps": [], "site": {**SITE, **(site or {})}, "who": who, "about": {**ABOUT, **about}}
        super().__init__(request, Report(self.events.append), Log())

    def __del__(self) -> None:
        self.log.close()

    @property
    def facts(self) -> dict[str, str]:
        """What was reported as a fact, the last value of each."""
        return {event[1]: event[2] for event in self.events if event[0] == "fact"}


def set_up(home: Path) -> None:
    """The directories that setup makes, without repo.git's content."""
    for folder in ("builds/source/logs", "builds/source/jobs", "builds/repo.git", "releases", "runtime/source"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    os.environ["HOME"] = str(home)
