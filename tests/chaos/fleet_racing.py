"""Two workstations at once on three hosts: exactly one wins, and the other is refused."""

import re

from tests.chaos.attempt import Attempt
from tests.chaos.fleet_cases import Case
from tests.support.fab import PATIENCE, until
from tests.support.fleet_ground import Ground
from tests.support.forked import Forked

WORDS = {"deploy": ("deploy", "--ref", "master"), "rollback": ("rollback",)}
REFUSED = {6: r"\S+@\S+ holds the lock: ", 3: "another release went live since: "}
"""How one may lose, and what it prints: a rollback passes by a build, which finds that out before its cutover."""


class Race(Attempt):
    """Two runs that start together on hosts that all run the same. Who wins waits until the other has met it."""

    def __init__(self, ground: Ground, case: Case, seed: str) -> None:
        super().__init__(case.id, seed)
        self.ground, self.case = ground, case
        self.dice = case.dice(seed)

    def over(self) -> None:
        """Every host goes on."""
        self.ground.clear()

    def _run(self) -> None:
        fleet = self.ground.fleet
        fleet.write(batch=None)
        if len(previous := fleet.previous) > 1 or previous == {None}:
            fleet.deploy()
        before, sealed = fleet.lives, self.ground.sealed
        for number in range(3):
            self.ground.hold(number, "post-release")
        verbs = self.case.phase.split("+")
        self.dice.shuffle(verbs)
        runs = [fleet.start(*WORDS[verb]) for verb in verbs]
        until(lambda: any(run.poll() is not None for run in runs) or self._passed_by(sealed))
        self.ground.go_on()
        codes = sorted(self._ended(run) for run in runs)
        if codes[0] != 0 or codes[1] not in REFUSED or (codes[1] == 3 and len({*verbs}) == 1):
            self.broken.append(f"they ended with {codes}")
        elif not re.search(REFUSED[codes[1]], self.said):
            self.broken.append(f"exit {codes[1]}, and it does not print why")
        lives = fleet.lives
        if len({*lives}) > 1 or lives == before:
            self.broken.append(f"{before} were live, and {lives} are")
        until(lambda: not any(site.locked for site in fleet.each))
        self.broken += [f"{path} is left" for path in self.ground.left]

    def _passed_by(self, sealed: list[set[str]]) -> bool:
        """Whether a rollback serves what it has made live on every host, and a build that it passed by is done there."""
        built = [now - before for now, before in zip(self.ground.sealed, sealed, strict=True)]
        moved = any(live in new for live, new in zip(self.ground.fleet.lives, built, strict=True))
        return all(map(self.ground.reached, range(3))) and all(built) and not moved

    def _ended(self, run: Forked) -> int:
        out, err = run.communicate(PATIENCE)
        self.said += f"----\n{out}{err}"
        return run.wait()
