"""A host without a network: coherent by itself, and wrong exactly where a test says so."""

import json
import signal
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any
from unittest.mock import Mock, create_autospec

from tasks.phases.step import Phase
from tasks.remote.host import Host
from tasks.remote.lock import Lock
from tasks.remote.program import Outcome
from tasks.shell.events import Event
from tasks.shell.run import Run

OLDER, OLD, NEW = "source-20261101T080000Z", "source-20261120T090000Z", "source-20261122T173432Z"
COMMITS = {OLDER: "a" * 40, OLD: "b" * 40, NEW: "c" * 40}
CUT = Outcome()

Answer = Outcome | BaseException | Callable[[], Outcome]


def done(**more: Any) -> Outcome:
    """A program that ended well, and said so."""
    return Outcome(code=0, began=True, ended=True, **more)


def silent(code: int = 0) -> Outcome:
    """A login that ended without a word of the program."""
    return Outcome(code=code, failure="the login of ftsuser did not run it", noise=["closed for maintenance"])


def failed(what: str = "it broke", code: int = 3, **more: Any) -> Outcome:
    """A program that ended badly, and said why."""
    return Outcome(code=code, began=True, failure=what, **more)


class StandIn:
    """What the flow sees of a host. `answers` are for the next programs of a name; without one all goes well."""

    def __init__(self) -> None:
        self.live, self.previous, self.pending, self.lock_holder = OLD, OLDER, False, ""
        self.sealed = {OLD: "live", OLDER: "good"}
        self.answers: dict[str, list[Answer]] = {}
        self.sent: list[str] = []
        self.runs: list[Run] = []
        self.phases: list[Phase] = []
        self.spec: Any = create_autospec(Host, instance=True)
        self.spec.address = "web1"
        self.spec.run.side_effect = self.run
        self.spec.lock.side_effect = self.lock

    @property
    def changed(self) -> list[str]:
        """The programs that were sent, without those that only ask."""
        return [name for name in self.sent if name not in ("state", "try", "lock", "in-use")]

    @property
    def written(self) -> list[str]:
        """How each post-release went, as it was written down."""
        return [phase.steps[0].words[1] for phase in self.phases if phase.name == "finish"]

    def run(self, phase: Phase, run: Run) -> Outcome:
        """As Host.run."""
        self.sent.append(phase.name)
        self.runs.append(run)
        self.phases.append(phase)
        answers = self.answers.get(phase.name)
        answer = answers.pop(0) if answers else getattr(self, "_" + phase.name.replace("-", "_"), done)
        if isinstance(answer, BaseException):
            raise answer
        return answer() if callable(answer) else answer

    def lock(self, phase: Phase, run: Run) -> Any:
        """As Host.lock."""
        outcome = self.run(phase, run)
        held: Mock = create_autospec(Lock, instance=True)
        held.held, held.outcome = outcome.status == "ok", outcome
        return nullcontext(held)

    def ctrl_c(self, then: Callable[[], Outcome] | None = None) -> Callable[[], Outcome]:
        """Somebody presses Ctrl-C while the program runs, which then ends as it would have."""

        def answer() -> Outcome:
            signal.raise_signal(signal.SIGINT)
            return (then or done)()

        return answer

    def swap(self, code: int | None = 0, failure: str = "", *, told: bool = True) -> Callable[[], Outcome]:
        """The live link moves; what became of the program after that is for the test to say."""

        def answer() -> Outcome:
            before, self.live = self.live, self.runs[-1].release or self.previous
            self.previous, self.pending = before, True
            if before:
                self.sealed[before] = "bad" if self.runs[-1].put_back or self.runs[-1].verb == "rollback" else "good"
            self.sealed[self.live] = "live"
            if not told:
                return Outcome(code)
            about: dict[str, Any] = {"facts": self._facts(before), "swapped": True, "failure": failure}
            return Outcome(code, began=True, ended=code == 0, **about)

        return answer

    def state(self) -> dict[str, Any]:
        """What `status --json` is made of."""
        releases = [
            {
                "name": name,
                "ref": "master",
                "commit": COMMITS[name],
                "by": "ada",
                "built_at": "-",
                "released_at": None,
                "state": state,
            }
            for name, state in sorted(self.sealed.items(), reverse=True)
        ]
        live = next((release for release in releases if release["name"] == self.live), None)
        lock = {"by": self.lock_holder, "what": "deploy", "since": "-"} if self.lock_holder else None
        return {
            "live": live,
            "live_target": f"/home/ftsuser/releases/{self.live}" if live else "",
            "previous": self.previous or None,
            "releases": releases,
            "post_release_pending": self.pending,
            "lock": lock,
            "hold": None,
            "next": NEW,
        }

    def _facts(self, before: str) -> dict[str, str]:
        path = f"/home/ftsuser/releases/{self.live}"
        return {"release": self.live, "ref": "master", "commit": COMMITS[self.live], "from": before, "live_path": path}

    def _state(self) -> Outcome:
        document = self.state()
        return done(facts={"state": json.dumps(document), "live_path": document["live_target"]})

    _lock = _state

    def _build(self) -> Outcome:
        self.sealed[self.runs[-1].release] = "good"
        return done(facts={"commit": COMMITS[NEW], "release": self.runs[-1].release})

    def _cutover(self) -> Outcome:
        return self.swap()()

    def _finish(self) -> Outcome:
        self.pending = self.pending and self.written[-1] != "ok"
        return self._state()

    def _plan(self) -> Outcome:
        return done(facts={**self._state().facts, "commit": COMMITS[NEW], "subject": "a subject"})

    def _history(self) -> Outcome:
        return done(facts={"history": "[]"})

    def _logs(self) -> Outcome:
        return done(facts={"log": "/logs/a.log"}, texts=["composer install"])

    def _check(self) -> Outcome:
        found = [Event("check", ("ok", "tools", "")), Event("check", ("FAIL", "no disk", "buy one"))]
        return done(facts={"live_link": "/home/ftsuser/source", "releases": "/home/ftsuser/releases"}, events=found)
