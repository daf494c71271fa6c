"""One case on three hosts: the fault, what must hold after it, and what repairs the hosts with one command."""

import json
import signal
import subprocess
import time

from tests.chaos.attempt import Attempt
from tests.chaos.fleet_cases import BATCHES, FAIL, MOMENT, Case, allowed
from tests.support.fab import PATIENCE, until
from tests.support.fleet_ground import Ground
from tests.support.forked import Forked

USUAL = 4.0
"""Seconds of a deploy, within which moments by chance lie."""

UNMOVED = {3, 5, 6, 7}
"""Exit codes after which each host runs what it did."""


class Trial(Attempt):
    """A case, tried on hosts that all run the same."""

    def __init__(self, ground: Ground, case: Case, seed: str) -> None:
        super().__init__(case.id, seed)
        self.ground, self.case = ground, case
        self.dice = case.dice(seed)
        self.host = case.host % 3

    def over(self) -> None:
        """Every host goes on."""
        self.ground.clear()

    def _run(self) -> None:
        fleet = self.ground.fleet
        batch = self.dice.choice(BATCHES)
        fleet.write(batch=batch)
        before = fleet.lives
        code = self._strike()
        self.ground.clear()
        after = fleet.lives
        self._judge(code, before, after)
        self._look(after)
        self._repair(before, after)

    # -- the fault

    def _strike(self) -> int | None:
        """The deploy and the fault: the exit code."""
        case, ground = self.case, self.ground
        at = 0 if case.phase == "migrate" else self.host
        if case.fault == FAIL:
            ground.fail(at, case.phase)
        elif case.phase != MOMENT:
            ground.hold(at, case.phase)
        patience = "1" if case.fault == "gone" else str(PATIENCE)
        running = ground.fleet.start("deploy", "--ref", "master", "--patience", patience)
        if case.phase == MOMENT:
            time.sleep(self.dice.random() * USUAL)
        elif case.fault != FAIL:
            until(lambda: ground.reached(at), running)
        getattr(self, f"_{case.fault.replace('-', '_')}")(running)
        return self._ended(running)

    def _fail(self, _: Forked) -> None:
        """The host does it."""

    def _cut(self, _: Forked) -> None:
        self.ground.links[self.host].cut()
        self.ground.go_on()

    def _gone(self, _: Forked) -> None:
        self.ground.links[self.host].down()
        if self.host and self.case.phase == "migrate":
            self.ground.go_on()
        elif self.dice.random() < 0.5:
            (self.ground.fleet.each[self.host].home / "go-on").touch()

    def _kill_fab(self, running: Forked) -> None:
        running.kill()
        self.ground.go_on()

    def _kill_host(self, _: Forked) -> None:
        self.ground.kill_conversations(self.host)
        self.ground.go_on()

    def _ctrl_c(self, running: Forked) -> None:
        running.send_signal(signal.SIGINT)
        self.ground.go_on()

    def _ended(self, running: Forked) -> int | None:
        try:
            out, err = running.communicate(PATIENCE)
        except subprocess.TimeoutExpired:
            running.kill()
            self.broken.append("fab did not end, and was killed")
            out, err = running.communicate()
        self.said += out + err
        return running.returncode

    # -- what must hold

    def _judge(self, code: int | None, before: list[str], after: list[str]) -> None:
        """Do the exit code and the message describe how the hosts stand?"""
        if code not in allowed(self.case):
            self.broken.append(f"exit {code}, and only {sorted(allowed(self.case))} may be")
        if "Traceback" in self.said or "defect of this tool" in self.said:
            self.broken.append("a defect of this tool was shown")
        if code == 0 and (len({*after}) > 1 or after == before):
            self.broken.append(f"exit 0, and {after} are live")
        if code in UNMOVED and after != before:
            self.broken.append(f"exit {code}, and {before} were live, and {after} are")
        if code in (4, 8, 130) and len({*after}) > 1:
            self._judge_differing(code, after, _new(before, after))

    def _judge_differing(self, code: int, after: list[str], new: str) -> None:
        """Is each host named with what it runs, and after a Ctrl-C both ways on?"""
        for site, live in zip(self.ground.fleet.each, after, strict=True):
            if not any(site.sandbox.address in line and live in line for line in self.said.splitlines()):
                self.broken.append(f"exit {code}, and it does not name {live} for {site.sandbox.address}")
        if code == 130 and not (f"deploy --name {new}" in self.said and "sandbox rollback" in self.said):
            self.broken.append("exit 130 on half of the hosts, and both ways on are not printed")

    def _look(self, after: list[str]) -> None:
        """What lies on the hosts, and what status prints of it."""
        self.broken += [
            f"{live!r} is live, and not complete"
            for live, sealed in zip(after, self.ground.sealed, strict=True)
            if live not in sealed
        ]
        status, code = self._typed("status", "--json")
        told = [host["live"]["name"] for host in json.loads(status)["hosts"]]
        if told != after:
            self.broken.append(f"status prints {told}, and {after} are live")
        if len({*after}) > 1 and code != 9:
            self.broken.append(f"{after} are live, and status ends with {code}")

    def _repair(self, before: list[str], after: list[str]) -> None:
        """One command, and all run the same again."""
        ways: list[tuple[str, ...]] = [("deploy", "--ref", "master")]
        if len({*after}) > 1:
            unmoved = after[0] == before[0]
            ways += [("deploy", "--name", _new(before, after)), ("rollback", *(("--to", before[0]) if unmoved else ()))]
        words = self.dice.choice(ways)
        _, code = self._typed(*words)
        lives = self.ground.fleet.lives
        if code or len({*lives}) > 1:
            self.broken.append(f"the next {' '.join(words)} ended with {code}, and {lives} are live")
        if words[0] == "rollback" and lives != before:
            self.broken.append(f"rollback went to {lives}, and {before} were live before")
        until(lambda: not any(site.locked for site in self.ground.fleet.each))
        self.broken += [f"{path} is left" for path in self.ground.left]
        status, code = self._typed("status", "--json")
        document = json.loads(status)
        strange = [line for line in document.get("differences", []) if not line.startswith("previous: ")]
        pending = [host["address"] for host in document["hosts"] if host["post_release_pending"]]
        self.broken += [f"after it: {line}" for line in strange] + [f"post-release is pending on {each}" for each in pending]
        if code or words[1:2] != ("--ref",):
            self._typed("deploy", "--ref", "master")

    def _typed(self, *words: str) -> tuple[str, int]:
        """What a verb prints on stdout, and its exit code."""
        running = self.ground.fleet.start(*words)
        out, err = running.communicate(PATIENCE)
        self.said += f"$ {' '.join(words)}\n{'' if '--json' in words else out}{err}"
        return out, running.wait()


def _new(before: list[str], after: list[str]) -> str:
    """What has gone live on some, "" when nothing has."""
    return next((live for live, old in zip(after, before, strict=True) if live != old), "")
