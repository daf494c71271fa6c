"""What was released is what runs: shown for every process of a service, or reported which one does not, since when, from where.

A process is shown to run the release by what of it lies in a release (working directory, executable, arguments), or by having
nothing there and a start after the phase began. After a reload that goes for the workers; the main process stays.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence

from tasks.host.run import Run
from tasks.host.services.fpm import Answers
from tasks.host.services.processes import Process, places, ticks
from tasks.host.services.service import Look, Service
from tasks.host.views import Views

WORKER = "php-fpm: pool "  # how the arguments of a worker of php-fpm begin
LEAVING = "is shutting down"  # in the arguments of a worker of nginx that takes no new request


def releases_in(texts: Iterable[str], folders: Sequence[str], link: str) -> set[str]:
    """The releases of this live link in a directory, by any of its paths, whose paths stand in these texts."""
    # one that is known may have blanks in it, of any other the arguments of a process show no end
    paths = "|".join([*map(re.escape, folders), r"/[^\s'\"]*"])
    pattern = re.compile(f"({paths})/({re.escape(link)}" + r"-[0-9]{8}T[0-9]{6}Z)(?![\w.-])")
    found = (match.groups() for text in texts for match in pattern.finditer(text))
    return {name for folder, name in found if folder in folders or os.path.realpath(folder) in folders}


class Proof:
    """One service, before and after it was acted on. `seen` is the newest look at it."""

    def __init__(self, run: Run, service: Service, answers: Answers, before: Look) -> None:
        self.service, self.answers, self.seen = service, answers, before
        folder, self.live = os.path.split(run.release_path)
        # a program may have been started by the path that hosts.yml has, which leads there through links
        written = re.sub("^~(?=/)", lambda _: os.path.dirname(answers.link), run.releases_dir)
        self.folders = [folder, written] if folder else []
        self.link = run.link
        self._views = Views(folder, run.link)
        self.began = ticks(run.began)
        self.where: dict[int, list[str]] = {}  # of each process that was seen: the places of its files
        self.before = {each.pid: each for each in before.processes}
        self.exited = before.exited  # programs that do their work and end
        self.acted = 0  # when the action was over, in ticks

    def complaints(self) -> list[str]:
        """What does not run the live release, or cannot be shown to. Nothing: it is proven."""
        seen = self.seen = self.service.look()
        there = {each.pid for each in seen.processes}
        gone = (each for each in self.before.values() if each.pid not in there)  # children of a program that was stopped alone
        left = [each for each in gone if each.pid in seen.table and seen.table[each.pid].started == each.started]
        behind = [f"{each.title} was left behind, and has run since {each.since}" for each in left]
        ended = [f"supervisor reports that {each} is EXITED" for each in sorted(seen.exited - self.exited)]
        return seen.troubles + ended + self._stale(seen) + behind or self.answers.complaints()

    def strays(self) -> list[tuple[Process, str]]:
        """What the site has started and left in php-fpm's group, each with the other release that it is below, or ""."""
        found = [each for each in self.seen.processes if self._is_stray(each)]
        others = [self._inside(each) - {self.live} for each in found]
        return [(each, min(names, default="")) for each, names in zip(found, others)]

    def _inside(self, each: Process) -> set[str]:
        """The releases that a process has its files in, under whatever path it sees them."""
        texts = self.where[each.pid]
        return releases_in(texts, self.folders, self.link).union(*(self._views.releases(each.pid, text) for text in texts))

    def _is_stray(self, each: Process) -> bool:
        """No worker of php-fpm: those are children of the main process, or run its program when it has died.

        The title alone shows nothing: any process may call itself a worker.
        """
        if not self.answers.pools or {each.pid, each.parent} & self.seen.mains:
            return False
        orphan = each.arguments.startswith(WORKER) and each.parent not in self.seen.pids
        return not orphan or not any(self._programs(each.pid) & self._programs(main) for main in self.seen.mains)

    def _programs(self, pid: int) -> set[str]:
        """The executable of a process, as far as this user is shown it; that it was replaced since does not count."""
        texts = (re.sub(r" \(deleted\)$", "", text) for text in self.where.get(pid, [])[1:])
        return {text for text in texts if not os.path.isdir(text)}

    def since(self) -> int:
        """Since when the service runs as it does, in ticks; 0 where the answer of a pool has shown that it runs well."""
        if self.answers.pools:
            return 0
        mains = [each.started for each in self.seen.processes if each.pid in self.seen.mains]
        return max(mains) if mains and self.service.action == "restart" else self.acted

    def _is_older(self, each: Process) -> bool:
        """Whether it started before the run: of the tick in which that began, what was there before the action."""
        return each.started < self.began - (each.pid not in self.before)

    def _stale(self, seen: Look) -> list[str]:
        self.where, found = places(seen.processes), []
        ours = [each for each in seen.processes if not self._is_stray(each)]
        workers = any(each.pid not in seen.mains for each in ours)
        for each in ours:
            inside = self._inside(each)
            others = inside - {self.live}
            if others:
                found.append(f"{each.title} has run since {each.since} from {min(others)}")
            elif self._is_older(each) and not self._has_reloaded(each, workers, bool(inside)):
                hint = "; a reload shows nothing there: use restart" if self.service.action == "reload" and not workers else ""
                found.append(f"{each.title} has run since {each.since}, before this{hint}")
        return found

    def _has_reloaded(self, each: Process, workers: bool, inside: bool) -> bool:
        """Whether a process from before the phase need not be new: it is in the live release, leaves, or has new workers.

        A main process whose own code is the release's has read it when it started, whatever its workers are.
        """
        own = bool(self.answers.link) and f"{self.answers.link}/" in each.arguments and not self.answers.pools
        stays = workers and each.pid in self.seen.mains and not own
        return self.service.action == "reload" and (inside or stays or LEAVING in each.arguments)
