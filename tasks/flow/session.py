"""One run against one environment: its host, the values of the run, and what is known to be live."""

import contextlib
import getpass
import json
import os
import secrets
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fabric.config import Config

from tasks.config.models import Environment
from tasks.errors import Busy, Interrupted, NotReleased, ReleaseError, Unreachable, UsageError
from tasks.flow import lost
from tasks.flow.interrupts import Interrupts
from tasks.phases import build, cutover, post_release, report
from tasks.phases import lock as lock_phases
from tasks.phases.step import Phase
from tasks.remote.host import Host
from tasks.remote.program import Outcome
from tasks.shell.events import Event
from tasks.shell.render import program
from tasks.shell.run import Run
from tasks.view.view import View

State = dict[str, Any]

PATIENCE = 600.0
"""Seconds for which a host whose link was lost is tried again (--patience)."""


def _person() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"  # a container without a line in /etc/passwd


class Session:
    """What a verb works with."""

    def __init__(self, environment: Environment, config: Config, view: View, verb: str, interrupts: Interrupts) -> None:
        if len(environment.addresses) != 1:
            raise UsageError(
                f"{environment.name} has {len(environment.addresses)} addresses, and this version releases to one at a time",
                state="Nothing was sent to any host.",
                next="give each address an environment of its own in hosts.yml",
            )
        self.environment = environment
        self.view = view
        self.interrupts = interrupts
        self.host = Host(environment, environment.addresses[0], config, view.event)
        self.run = Run(
            nonce=secrets.token_hex(8),
            id=secrets.token_hex(6),
            by=f"{_person()}@{socket.gethostname()}",
            verb=verb,
            what=verb,
        )
        self.state: State = {}
        self.released = False
        self.at_first: str | None = None
        self.began = time.monotonic()
        self.running = ""
        self.wait, self.patience = 0.0, PATIENCE
        self._locks = contextlib.ExitStack()

    @property
    def live(self) -> str:
        """The name of the live release, "" when there is none, or it is not known yet."""
        return str((self.state.get("live") or {}).get("name", ""))

    def update(self, **values: str) -> None:
        """Set values of the run."""
        self.run = replace(self.run, **values)

    def hint(self, words: str) -> str:
        """A command to type next."""
        return f"fab -H {self.environment.name} {words}"

    def warn(self, text: str) -> None:
        """Say what went wrong without being a failure."""
        self.view.event(self.host.address, Event("warn", (text,)))

    def standing(self) -> str:
        """The state of the host, for an error."""
        if not self.state:
            return "Nothing was changed."
        if not self.released and self.live != self.at_first:
            return f"Live: {self.live or 'nothing'}; it was {self.at_first or 'nothing'} when this run began."
        return f"Live: {self.live or 'nothing yet'}, {'since this run' if self.released else 'unchanged'}."

    # -- sending phases

    def send(self, phase: Phase) -> Outcome:
        """One phase, whatever becomes of it."""
        self.running = phase.name
        outcome = self.host.run(phase, self.run)
        if "lost_lock" in outcome.facts:
            outcome = lost.send_with_lock(self, phase)
        if outcome.status == "unknown" and phase.runner == "job":
            lost.follow_again(self, phase, outcome)
        self.running = ""
        if "state" in outcome.facts and outcome.status == "ok":
            self.learn(outcome)
        return outcome

    def require(self, phase: Phase) -> Outcome:
        """One phase that must go well. Raises what its failure means before the cutover."""
        outcome = self.send(phase)
        if outcome.status != "ok":
            raise self.failure(outcome, phase.name)
        return outcome

    def failure(self, outcome: Outcome, phase: str) -> ReleaseError:
        """What a phase that did not go well means while the live site is as it was."""
        where = self.host.address
        if outcome.status == "unknown":
            return Unreachable(
                f"the link to {where} was lost during {phase}",
                state=f"{self.standing()} What was running there may go on.",
                next=self.hint("status"),
            )
        kinds = {6: Busy, 130: Interrupted}
        kind = Unreachable if outcome.never_began else kinds.get(outcome.code or 0, NotReleased)
        return kind(
            f"{where}: {phase}: {outcome.failure}",
            details=() if outcome.tail else outcome.noise,
            state=self.standing(),
            next=outcome.next or self.hint("logs" if phase in ("build", "migrate") else "status"),
        )

    # -- what every run begins with

    def prepare(self, *, services: bool = False) -> None:
        """Render every program and try every login that the run may use, before anything is written."""
        for phase in (build.build, cutover.cutover, cutover.migrate, post_release.post_release):
            program(phase(self.environment), self.run)
        self.host.connect()
        if services and self.environment.services:
            self.host.connect(as_service_user=True)
            self.require(post_release.try_services(self.environment))

    @contextlib.contextmanager
    def lock(self, what: str = "") -> Iterator[None]:
        """The lock, with the host's state as it is under it."""
        self.update(what=" ".join(filter(None, (self.run.verb, what))))
        with contextlib.ExitStack() as self._locks:
            self.take_lock()
            if self.state["post_release_pending"] and self.run.verb in ("release", "deploy"):
                self.warn(f"the services do not run {self.live} yet: its post-release is pending")
            yield

    def take_lock(self, *, returns: bool = False, beside: bool = False) -> None:
        """Take it; while somebody else has it, for `wait` seconds again and again. Raises Busy."""
        deadline = time.monotonic() + self.wait
        while True:
            phase = lock_phases.lock(self.environment, returns=returns, beside=beside)
            held = self._locks.enter_context(self.host.lock(phase, self.run))
            if held.held:
                return self.learn(held.outcome)
            left = deadline - time.monotonic()
            if left <= 0 or "busy_run" not in held.outcome.facts:  # a hold is not waited for
                raise self.failure(held.outcome, "lock")
            self.view.event(self.host.address, Event("note", (f"waiting: {held.outcome.failure}",)))
            time.sleep(min(left, 2.0))

    def learn(self, outcome: Outcome) -> None:
        """Take over the state that a host has told."""
        self.state = json.loads(outcome.facts["state"])
        self.at_first = self.live if self.at_first is None else self.at_first
        self.update(live_at_start=outcome.facts.get("live_path", ""))

    def ask(self) -> None:
        """The state as it is now, without the lock."""
        self.require(report.state(self.environment))

    # -- Ctrl-C

    @contextlib.contextmanager
    def uninterrupted(self) -> Iterator[None]:
        """Ctrl-C waits until this is done: between a rename and its line in history nobody should have to guess."""
        with self.interrupts.held(lambda: self.view.note(f"{self.running} is waited for; Ctrl-C again leaves it to itself")):
            yield
