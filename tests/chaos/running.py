"""Cases on several hosts of one lab, side by side."""

import contextlib
import json
import math
import queue
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from tests.chaos.attempt import Verdict
from tests.chaos.cases import Case, places
from tests.chaos.trying import Trial
from tests.support.booted import Lab
from tests.support.chaos_faults import FAULTS
from tests.support.chaos_looks import look
from tests.support.chaos_site import ChaosSite

_making = threading.Lock()  # a lab boots one host after the other


class Ground:
    """A host for one case after the other, and a fresh one after one that broke it."""

    def __init__(self, lab: Lab, folder: Path, name: str) -> None:
        self._lab, self._folder, self._name = lab, folder, name
        self._site: ChaosSite | None = None

    def run(self, case: Case, seed: str) -> Verdict:
        """Try a case."""
        site = self._ready(small=FAULTS[case.fault].small)
        verdict = Trial(site, case, seed, self._commands, self._content).run()
        if verdict.broken:
            self.leave()
        return verdict

    def leave(self) -> None:
        """The end of the host, if there is one."""
        if self._site:
            self._site.host.mend()
            self._site.host.stop()
            self._site = None

    def _ready(self, *, small: bool) -> ChaosSite:
        """A site with releases. Raises AssertionError where a deploy has other steps than its phases say."""
        if self._site and self._site.small != small:
            self.leave()
        if not self._site:
            with _making:
                host = self._lab.boot(self._name)
            self._site = ChaosSite(host, Path(tempfile.mkdtemp(dir=self._folder)), small=small).set_up()
            self._commands = self._site.counted()
            assert set(self._commands) == set(map(str, places())), f"a deploy has the steps {self._commands}"
            now = look(self._site)
            self._content = now.sealed[now.live].split()[0]
        return self._site


class Crew:
    """Hosts of one lab, which take the next case when they have done with one, until `seconds` have passed.

    The first prefers those that need a small disk, the others those that do not: it is another host.
    """

    def __init__(self, cases: Iterable[Case], seed: str, folder: Path, seconds: float = math.inf) -> None:
        self._folder, self._seed = folder, seed
        self._lab = Lab(folder / "lab")
        self._ends = time.monotonic() + seconds
        self._small, self._large = queue.SimpleQueue[Case](), queue.SimpleQueue[Case]()
        self._done = queue.SimpleQueue[Verdict | BaseException]()
        for case in cases:
            (self._small if FAULTS[case.fault].small else self._large).put(case)

    def run(self, hosts: int) -> Iterator[Verdict]:
        """Verdicts as they come in. What keeps a host from being had, or tried, is raised."""
        self._lab.start()
        try:
            for number in range(hosts):
                threading.Thread(target=self._work, args=(number,), daemon=True).start()
            while hosts:
                match self._done.get():
                    case Verdict() as verdict:
                        yield verdict
                    case queue.Empty():
                        hosts -= 1
                    case BaseException() as problem:
                        raise problem
        finally:
            self._lab.stop()

    def _work(self, number: int) -> None:
        ground = Ground(self._lab, self._folder, f"web{number + 1}")
        kinds = (self._large, self._small) if number else (self._small, self._large)
        try:
            while True:
                self._done.put(ground.run(self._next(kinds), self._seed))
        except BaseException as problem:
            self._done.put(problem)

    def _next(self, kinds: Iterable[queue.SimpleQueue[Case]]) -> Case:
        """Raises queue.Empty when there is none left, or no time."""
        for kind in kinds if time.monotonic() < self._ends else ():
            with contextlib.suppress(queue.Empty):
                return kind.get_nowait()
        raise queue.Empty


class Journal:
    """Verdicts on disk, so that a run that was ended goes on where it was."""

    def __init__(self, file: Path) -> None:
        self.file = file
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        found = (json.loads(line) for line in lines)
        self.verdicts = {each["case"]: Verdict(**{**each, "broken": tuple(each["broken"])}) for each in found}

    def add(self, verdict: Verdict) -> None:
        """One more, in the place of one before."""
        self.verdicts[verdict.case] = verdict
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(verdict)) + "\n")

    def holds(self, case: str) -> bool:
        """Was the case of this id tried, and held?"""
        verdict = self.verdicts.get(case)
        return verdict is not None and not verdict.broken
