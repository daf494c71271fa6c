"""What was released is what runs: shown for every process of a service, or reported which one does not, since when, from where.

A process is shown to run the release by what of it lies in a release (working directory, executable, arguments), or by having
nothing there and a start after the phase began. After a reload that goes for the workers; the main process stays.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tasks.host.services.processes import Releases, places, ticks

if TYPE_CHECKING:
    from tasks.host.run import Run
    from tasks.host.services.fpm import Answers
    from tasks.host.services.processes import Process
    from tasks.host.services.service import Look, Service

LEAVING = "is shutting down"  # in the arguments of a worker of nginx that takes no new request


class Proof:
    """One service, before and after it was acted on. `seen` is the newest look at it."""

    def __init__(self, run: Run, service: Service, answers: Answers, before: Look) -> None:
        self.service, self.answers, self.seen = service, answers, before
        self.releases = Releases(os.path.dirname(run.release_path), run.link)
        self.live = os.path.basename(run.release_path)
        self.began = ticks(run.began)
        self.before = {each.pid: each for each in before.processes}
        self.acted = 0  # when the action was over, in ticks

    def complaints(self) -> list[str]:
        """What does not run the live release, or cannot be shown to. Nothing: it is proven."""
        seen = self.seen = self.service.look()
        return seen.troubles + self._stale(seen) + self._left_behind(seen) or self.answers.complaints()

    def since(self) -> int:
        """Since when the service runs as it does, in ticks; 0 where the answer of a pool has shown that it runs well."""
        if self.answers.pools:
            return 0
        mains = [each.started for each in self.seen.processes if each.pid in self.seen.mains]
        return max(mains) if mains and self.service.action == "restart" else self.acted

    def _stale(self, seen: Look) -> list[str]:
        where = places(seen.processes)
        workers = [each for each in seen.processes if each.pid not in seen.mains]
        found = []
        for each in seen.processes:
            inside = self.releases.named_in(where[each.pid])
            if inside - {self.live}:
                found.append(f"{each.title} has run since {each.since} from {min(inside - {self.live})}")
            elif self._is_old(each, inside, stays=bool(workers) and self._stays(each, seen)):
                hint = "; a reload shows nothing there: use restart" if self.service.action == "reload" and not workers else ""
                found.append(f"{each.title} has run since {each.since}, before this{hint}")
        return found

    def _stays(self, each: Process, seen: Look) -> bool:
        """A main process whose workers are new, unless its own code is the release's, which it read when it started."""
        link = self.answers.link
        own = bool(link) and f"{link}/" in each.arguments and not self.answers.pools
        return each.pid in seen.mains and not own

    def _is_old(self, each: Process, inside: set[str], *, stays: bool) -> bool:
        """Whether it has run since before the phase, with nothing to show that it took the release."""
        if each.started >= self.began:
            return False
        if self.service.action == "restart":
            return True
        return not inside and not stays and LEAVING not in each.arguments

    def _left_behind(self, seen: Look) -> list[str]:
        """Processes that the service has let go of, and that still run: children of a program that was stopped alone."""
        there = {each.pid for each in seen.processes}
        gone = (each for each in self.before.values() if each.pid not in there)
        left = [each for each in gone if each.pid in seen.table and seen.table[each.pid].started == each.started]
        return [f"{each.title} was left behind, and has run since {each.since}" for each in left]
