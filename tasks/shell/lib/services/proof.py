"""What was released is what runs: shown for every process of a service, or told which one does not, since when, from where.

A process is shown to run the release by what of it lies in a release (working directory, executable, arguments), or by having
nothing there and a start after this program's. After a reload that goes for the workers; the main process stays.
"""

from __future__ import annotations

from typing import Dict, List, Set

from tasks.shell.lib.services.fpm import Answers, live_link_or_none
from tasks.shell.lib.services.processes import LIVE_NAME, Process, places, releases, running
from tasks.shell.lib.services.units import Look, look

LEAVING = "is shutting down"  # a worker of nginx that takes no new request says so


class Proof:
    """One service, before and after it was told to follow."""

    def __init__(self, kind: str, action: str, name: str, began: int) -> None:
        self.kind, self.action, self.name, self.began = kind, action, name, began
        self.before: Dict[int, Process] = {}
        self.link = live_link_or_none()
        self.answers = Answers(name if kind == "systemd" else "")

    def remember(self) -> None:
        """Who runs before the service is told."""
        self.before = {each.pid: each for each in look(self.kind, self.name).processes}

    def complaints(self) -> List[str]:
        """What does not run the live release, or cannot be shown to. Nothing: it is proven."""
        asked = self.answers.complaints()
        seen = look(self.kind, self.name)
        return seen.troubles + self.stale(seen) + self.left(seen) + asked

    def stale(self, seen: Look) -> List[str]:
        where = places(seen.processes)
        workers = [each for each in seen.processes if each.pid not in seen.mains]
        said = []
        for each in seen.processes:
            inside = releases(where[each.pid])
            if inside - {LIVE_NAME}:
                said.append("%s has run since %s from %s" % (each.title, each.since, sorted(inside - {LIVE_NAME})[0]))
            elif self.is_old(each, inside, kept=bool(workers) and self.stays(each, seen)):
                hint = "; a reload shows nothing there: use restart" if self.action == "reload" and not workers else ""
                said.append("%s has run since %s, before this%s" % (each.title, each.since, hint))
        return said

    def stays(self, each: Process, seen: Look) -> bool:
        """A main process whose workers are new, unless its own code is the release's, which it read when it started."""
        own = bool(self.link) and self.link + "/" in each.arguments and not self.answers.pools
        return each.pid in seen.mains and not own

    def is_old(self, each: Process, inside: Set[str], *, kept: bool) -> bool:
        """Does it run since before, with nothing to show that it took the release?"""
        if each.started >= self.began:
            return False
        if self.action == "restart":
            return True
        return not inside and not kept and LEAVING not in each.arguments

    def left(self, seen: Look) -> List[str]:
        """Processes that the service has let go of, and that still run: children of a program that was stopped alone."""
        there, now = {each.pid for each in seen.processes}, running()
        left = [each for each in self.before.values() if each.pid not in there and self.same(now.get(each.pid), each)]
        return ["%s was left behind, and has run since %s" % (each.title, each.since) for each in left]

    @staticmethod
    def same(now: Process | None, then: Process) -> bool:
        return now is not None and now.started == then.started
