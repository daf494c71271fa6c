"""The lock of one host: taken, taken again after a lost link or a long sleep, and let go."""

import contextlib
from collections.abc import Callable
from typing import NamedTuple

from tasks.errors import Unreachable, UsageError
from tasks.flow.clock import Clock, Patience
from tasks.phases import lock as phases
from tasks.phases.step import Phase, Step
from tasks.remote.host import Host
from tasks.remote.outcome import Outcome
from tasks.remote.run import Run

OWN, OTHERS = 1.0, 2.0
"""Seconds between two tries, while a program of this run has the lock, and while somebody else's has it."""

STILL_THERE = "what was sent before the link was lost still runs there"

_NOBODY = "unknown"
"""Who has the lock, where its holder has not signed: it was taken, or let go, in this instant."""


class Options(NamedTuple):
    """`wait`: seconds for somebody else's lock; `patience`: seconds for a host whose link was lost."""

    wait: float = 0.0
    patience: float = 600.0


class HostLock:
    """Held on the host for as long as this workstation is heard there."""

    def __init__(self, host: Host, clock: Clock) -> None:
        self._host, self._clock = host, clock
        self._locks = contextlib.ExitStack()
        self.needs: phases.Needs = ""
        self.first: tuple[Step, ...] = ()
        """What is asked once, before it is taken."""
        self.taken = self._lost = False
        """Whether this run has had the lock."""

    def phase(self, *, returns: bool = False, beside: bool = False) -> Phase:
        """What takes it, for what the run `needs`: one of phases/lock.py."""
        restarted = returns and self._host.machine.restarted
        return phases.lock(self.needs, () if returns else self.first, returns=returns, beside=beside, restarted=restarted)

    def take(
        self, run: Run, *, wait: float = 0.0, patience: float = 0.0, returns: bool = False, beside: bool = False
    ) -> Outcome:
        """Take it: ok has the facts of the host as they are under the lock.

        While somebody else's run has it, it is tried again for `wait` seconds; while a program of this run still has it, for
        `patience` seconds, after which the outcome is unknown. A hold is not waited for. `returns`: this run had it before, no
        hold stops it, and who moves what is live by now is waited for as patiently; `beside`: its own job may be running there.
        """
        began, shown = self._clock.now(), ""
        while True:
            outcome = self._try(self.phase(returns=returns, beside=beside), run)
            holder = outcome.facts.get("busy_move") or outcome.facts.get("busy_run", "")
            if outcome.status != "failed" or not holder:
                return outcome
            self.first = ()
            if holder == run.id and not (returns or self._lost):
                return Outcome(code=UsageError.exit_code, failure=f"{self._host.address} is a host that this run has already")
            own = holder == run.id or (returns and holder == _NOBODY)
            patient = own or (returns and "busy_move" in outcome.facts)
            left = began + (patience if patient else wait) - self._clock.now()
            if left <= 0:
                return Outcome(failure=STILL_THERE) if own else outcome
            if not own and holder != shown:
                self._host.note(f"waiting: {outcome.failure}")
                shown = holder
            self._clock.pause(min(left, OWN if own else OTHERS))

    def let_go(self) -> None:
        """Let go of it, and of what is left of it on links that were lost."""
        self._locks.close()

    def _try(self, phase: Phase, run: Run) -> Outcome:
        self._clock.check()
        try:
            lock = self._locks.enter_context(self._host.lock(phase, run))
        except Unreachable as refused:
            return refusal(refused)
        self._lost = self._lost or lock.outcome.status == "unknown"
        if lock.held:
            self.taken, lock.outcome.code = True, 0
        return lock.outcome


def refusal(refused: Unreachable) -> Outcome:
    """What it means that nothing could be sent: a failure, and nothing has happened on the host."""
    return Outcome(code=refused.code, failure=refused.what, next=refused.next, noise=list(refused.details))


def when_nobody_moves(act: Callable[[], Outcome], patience: Patience) -> Outcome:
    """Act, once nobody moves or serves what is live: a rollback, which this run's build has not stopped."""
    while True:
        patience.pause()
        outcome = act()
        if "busy_move" not in outcome.facts or not patience.left:
            return outcome
