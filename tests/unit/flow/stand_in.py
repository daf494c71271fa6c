"""A host without a network: coherent by itself, and wrong exactly where a test says so."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tasks.flow.interrupts import Interrupts
from tasks.phases.event import Event
from tasks.phases.step import Phase
from tasks.remote.outcome import Outcome
from tasks.remote.run import NOTHING, About, Run
from tests.unit.flow.fake_clock import FakeClock

OLDER, OLD, NEW, OTHER = (
    "source-20261101T080000Z",
    "source-20261120T090000Z",
    "source-20261122T173432Z",
    "source-20261130T000000Z",
)
COMMITS = {OLDER: "a" * 40, OLD: "b" * 40, NEW: "c" * 40, OTHER: "d" * 40}
CUT = Outcome()

Answer = Outcome | BaseException | Callable[[], Outcome]


def failed(what: str = "it broke", code: int = 3, **more: Any) -> Outcome:
    """A program that ended badly, and said why."""
    return Outcome(code=code, failure=what, **more)


def lost_lock(holder: str = "somebody") -> Outcome:
    """A program that the host refuses, as it has let go of this run's lock."""
    return failed(f"this run has lost the lock; {holder} holds the lock", code=6, facts={"lost_lock": "yes"})


def taken(holder: str, run: str = "another") -> Outcome:
    """A lock that this run of somebody has."""
    return failed(f"{holder} holds the lock", code=6, facts={"busy_run": run})


class StandIn:
    """What the flow sees of a host. `answers` are for the next programs of a name; without one all goes well."""

    def __init__(self) -> None:
        self.live, self.previous, self.pending, self.lock_holder, self.hold, self.moved = OLD, OLDER, False, "", "", "another"
        self.commits = dict(COMMITS)
        self.sealed = {OLD: "live", OLDER: "good"}
        self.answers: dict[str, list[Answer]] = {}
        self.sent, self.logins, self.together = list[str](), list[str](), list[tuple[str, str]]()
        self.runs, self.abouts, self.phases = list[Run](), list[About](), list[Phase]()
        self.left_out, self.compared = dict[str, str](), dict[str, str]()
        self.fails = "FAIL"
        self.reconnected, self.abandoned, self.closed, self.away = 0, 0, 0, False
        self.clock, self.interrupts = FakeClock(), Interrupts()
        self.over = threading.Event()

    @property
    def changed(self) -> list[str]:
        """The programs that were sent, without those that only ask."""
        return [name for name in self.sent if name not in ("state", "try", "lock", "in-use")]

    @property
    def written(self) -> list[str]:
        """How each post-release went, as it was written down."""
        return [phase.steps[0].arguments[0] for phase in self.phases if phase.name == "finish"]

    def about(self, name: str) -> About:
        """What the first program of this name was about."""
        return self.abouts[self.sent.index(name)]

    def run(self, phase: Phase, run: Run, about: About = NOTHING) -> Outcome:
        """What becomes of a program."""
        self.sent.append(phase.name)
        self.runs.append(run)
        self.abouts.append(about)
        self.phases.append(phase)
        answers = self.answers.get(phase.name)
        answer = answers.pop(0) if answers else getattr(self, "_" + phase.name.replace("-", "_"), lambda: Outcome(code=0))
        if isinstance(answer, BaseException):
            raise answer
        outcome = answer() if callable(answer) else answer
        return replace(outcome, facts=dict(outcome.facts))  # whoever gets it may go on with it

    # -- what a test says goes wrong

    def goes_away(self, then: Callable[[], Outcome] | None = None) -> Callable[[], Outcome]:
        """The link is lost for good while the program runs, which ends as it would have."""

        def answer() -> Outcome:
            self.away = True
            if then:
                then()
            return CUT

        return answer

    def press(self, times: int = 1, number: signal.Signals = signal.SIGINT) -> None:
        """Somebody presses Ctrl-C, and this process hears it."""
        for _ in range(times):
            before = (self.interrupts.heard, self.interrupts.hurried)
            os.kill(os.getpid(), number)
            while (self.interrupts.heard, self.interrupts.hurried) == before:
                time.sleep(0.001)

    def ctrl_c(
        self, then: Callable[[], Outcome] | None = None, number: signal.Signals = signal.SIGINT
    ) -> Callable[[], Outcome]:
        """Somebody presses Ctrl-C while the program runs, which then ends as it would have."""

        def answer() -> Outcome:
            self.press(1, number)
            return (then or (lambda: Outcome(code=0)))()

        return answer

    def pressed(self, times: int = 1, number: signal.Signals = signal.SIGINT) -> Callable[[], Outcome]:
        """Somebody presses Ctrl-C while the program runs, which goes on until it is cancelled or the link is closed."""

        def answer() -> Outcome:
            self.press(times, number)
            assert self.over.wait(30)
            return CUT

        return answer

    def swap(self, code: int | None = 0, failure: str = "", *, told: bool = True) -> Callable[[], Outcome]:
        """The live link moves; what became of the program after that is for the test to say."""

        def answer() -> Outcome:
            run, about = self.runs[-1], self.abouts[-1]
            before, self.live = self.live, about.release.name or self.previous
            self.previous, self.pending, self.moved = before, True, run.id
            if before:
                self.sealed[before] = "bad" if about.put_back or run.verb == "rollback" else "good"
            self.sealed[self.live] = "live"
            return Outcome(code, self._facts(before), swapped=True, failure=failure) if told else Outcome(code)

        return answer

    def colleague(self, outcome: Callable[[], Outcome]) -> Callable[[], Outcome]:
        """Somebody else releases before the program answers."""

        def answer() -> Outcome:
            self.sealed[self.live], self.sealed[OTHER] = "good", "live"
            self.previous, self.live, self.moved = self.live, OTHER, "a colleague"
            return outcome()

        return answer

    def there_and_back(self) -> Outcome:
        """Somebody else releases, and goes back, while the link of this run is lost."""
        self.moved = "a colleague"
        return CUT

    # -- what a host answers

    def state(self) -> dict[str, Any]:
        """What `status --json` is made of."""
        releases = [
            {
                "name": name,
                "ref": "master",
                "commit": self.commits[name],
                "by": "ada",
                "built_at": "-",
                "released_at": None,
                "state": state,
                "why": "rolled back" if state == "bad" else state,
            }
            for name, state in sorted(self.sealed.items(), reverse=True)
        ]
        live = next((release for release in releases if release["name"] == self.live), None)
        asked = self.abouts[-1].release.name if self.abouts else ""
        return {
            "live": live,
            "live_target": f"/home/ftsuser/releases/{self.live}" if live else "",
            "previous": self.previous or None,
            "back": [self.previous] if self.previous else [],
            "releases": releases,
            "post_release_pending": self.pending,
            "lock": {"by": self.lock_holder, "what": "deploy", "since": "-"} if self.lock_holder else None,
            "hold": {"by": "ada", "reason": self.hold, "since": "-"} if self.hold else None,
            "moved": self.moved,
            "left_out": self.left_out,
            "next": NEW,
            "release": next((release for release in releases if release["name"] == asked), None),
        }

    def _facts(self, before: str) -> dict[str, str]:
        path = f"/home/ftsuser/releases/{self.live}"
        return {"release": self.live, "ref": "master", "commit": COMMITS[self.live], "from": before, "live_path": path}

    def _state(self) -> Outcome:
        document = self.state()
        return Outcome(code=0, facts={"state": json.dumps(document), "live_path": document["live_target"]})

    _lock = _state

    def _build(self) -> Outcome:
        name = next(about.release.name for about in reversed(self.abouts) if about.release.name)
        self.sealed[name] = "good"
        return Outcome(code=0, facts={"commit": COMMITS[NEW], "release": name})

    def _attach(self) -> Outcome:
        """The job that was sent goes on, and ends well."""
        return self._build() if "build" in self.sent and "migrate" not in self.sent else Outcome(code=0)

    def _cancel(self) -> Outcome:
        self.over.set()
        return Outcome(code=0)

    def _cutover(self) -> Outcome:
        """As the host does, it refuses when another release is live than when the run began."""
        expected = self.abouts[-1].expected
        if expected != self.state()["live_target"]:
            return failed(f"another release went live since: {self.live}", step="swap")
        return self.swap()()

    def _finish(self) -> Outcome:
        self.pending = self.pending and self.written[-1] != "ok"
        return self._state()

    def _plan(self) -> Outcome:
        return Outcome(code=0, facts={**self._state().facts, "commit": COMMITS[NEW], "subject": "a subject"})

    def _target(self) -> Outcome:
        return Outcome(code=0, facts={"release": self.live if self.pending else self.previous})

    def _compare(self) -> Outcome:
        return Outcome(code=0, facts={"compared": json.dumps(self.compared)})

    def _history(self) -> Outcome:
        return Outcome(code=0, facts={"history": "[]"})

    def _logs(self) -> Outcome:
        return Outcome(code=0, facts={"log": "/logs/a.log"}, texts=["composer install"])

    def _check(self) -> Outcome:
        found = [Event("check", ("ok", "tools", "")), Event("check", (self.fails or "ok", "no disk", "buy one"))]
        return Outcome(code=0, facts={"live_link": "/home/ftsuser/source", "releases": "/home/ftsuser/releases"}, events=found)
