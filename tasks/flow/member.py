"""One host in a run. A lost lock and a lost link are dealt with here, for every phase, with the run's patience."""

import contextlib
import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import replace

from tasks.errors import ReleaseError, Unreachable, typed
from tasks.flow.clock import Clock, Patience
from tasks.flow.lock import HostLock, Options, refusal, when_nobody_moves
from tasks.flow.standing import Stand, Standing, failure
from tasks.flow.state import HostState
from tasks.phases import lock as lock_phases
from tasks.phases import report
from tasks.phases.step import Phase
from tasks.remote.host import Host, Next, Texts
from tasks.remote.outcome import Outcome
from tasks.remote.run import NOTHING, About, Release, Run

SENT_AGAIN = 2  # times that a phase which may run again is sent once more
OF_FOLLOWING = 2  # events before those of the job, where whatever job is running is followed: its name, and whose it is


class Member:
    """A host, its lock, what it last reported, what was live on it at first, and how it stands.

    `expected` is where its live link pointed when the run began, or since the run itself has moved it. `phase` is what was
    sent and is not known to be over, `done` what the run has changed besides. `renewed`: what went live there was given other
    runtime files. `needless`: its job has nothing to do any more. `gone`: no such host is left. `hint` makes a line to type.
    """

    def __init__(self, host: Host, run: Run, options: Options, clock: Clock) -> None:
        self.host, self.run, self.options, self.clock = host, run, options, clock
        self.lock = HostLock(host, clock)
        self.hint = functools.partial(typed, "fab", "-H", host.environment.name)
        self.gone: Callable[[], bool] = lambda: False
        self.state: HostState | None = None
        self.expected: str | None = None
        self.first = self.made = self.target = Release()
        self.standing, self.way_back, self.done = Standing.AS_IT_WAS, "", ""
        self.phase: Phase | None = None
        self.services: Outcome | None = None
        self._given_up = self._was_pending = self.renewed = self.needless = self.out_of_service = self.settled = False

    @property
    def known(self) -> HostState:
        """What the host last reported; an empty state when it was not asked yet."""
        return self.state or HostState()

    @property
    def live(self) -> str:
        """The name of the live release, "" when there is none, or it is not known yet."""
        return self.known.live.release.name if self.known.live else ""

    def stand(self, cause: ReleaseError | None = None) -> Stand:
        """How this member stands, and what went wrong on it."""
        return Stand(
            address=self.host.address,
            standing=self.standing,
            asked=self.state is not None,
            live=self.live,
            first=self.first.name,
            made=self.made.name,
            target=self.target.name,
            pending=self.known.pending and bool(self.live),
            way_back=self.way_back,
            cause=cause,
            done=self.done,
        )

    def about(self, release: Release) -> About:
        """What a phase is about that compares what is live there with what it was."""
        return About(release, expected=self.expected or "")

    def failure(self, outcome: Outcome, phase: Phase) -> ReleaseError:
        """What this outcome means by itself, on this member as it stands."""
        return failure(outcome, phase, self.stand(), self.hint)

    def learn(self, outcome: Outcome) -> None:
        """Parse the host's state. Where the link is expected to point is what it said first, and stays so."""
        self.state = HostState.parse(outcome.facts, [address.host for address in self.host.environment.addresses])
        if self.expected is None:
            self.expected = self.state.live_path
            self.first = self.state.live.release if self.state.live else Release()
            self._was_pending = self.state.pending

    def switched(self, release: Release, path: str, standing: Standing) -> None:
        """This run has moved the live link, to this directory."""
        self.made = self.made if standing is Standing.BACK else release
        self.standing, self.expected = standing, path
        untouched = standing is Standing.BACK and self.services is None
        self.state = self.known.switched(release, path, self._was_pending if untouched else True, self.run.id)

    def send(
        self, phase: Phase, about: About = NOTHING, *, again: bool = False, texts: Texts | None = None, then: Next | None = None
    ) -> Outcome:
        """One phase, to its end, whatever becomes of it. `then` is what will be sent next when it goes well: it leaves with it.

        A lock that the host has let go of is taken again, and the phase sent again. When the link is lost, a job is followed
        over a new one, and a phase that may run `again` is sent again; of any other the outcome stays unknown.
        """
        with self._in(phase):
            outcome = self._run(phase, about, texts, then)
            self.clock.check()
            if "lost_lock" in outcome.facts:
                outcome = self._with_lock(phase, about)
            if "busy_move" in outcome.facts:
                self.host.note(f"waiting: {outcome.failure}")
                outcome = when_nobody_moves(lambda: self._run(phase, about), self.patience())
            elif phase.needs_move and self.lock.needs != "rollback":  # which has it from its beginning
                self.lock.needs = "move"  # it is taken again with the lock
            if outcome.status == "unknown" and phase.is_job:
                self._follow_again(phase, outcome, functools.partial(lock_phases.follow, f"{self.run.id}-{phase.name}"))
            elif outcome.status == "unknown" and again:
                outcome = self._again(phase, about, outcome)
            self.clock.check()
            self.host.end(phase, outcome)
        if outcome.status == "ok":
            self.done = phase.done or self.done
            if "state" in outcome.facts:
                self.learn(outcome)
        return outcome

    def require(self, phase: Phase, about: About = NOTHING, *, again: bool = False, texts: Texts | None = None) -> Outcome:
        """One phase that must go well. Raises what its failure means."""
        return self._well(self.send(phase, about, again=again, texts=texts), phase)

    def ask(self, phase: Phase | None = None) -> None:
        """Learn the state as it is now, asked once, without the lock, while something may still run. Raises ReleaseError."""
        self.learn(self._well(self.host.run(asked := phase or report.state(), self.run), asked))

    def cancel(self) -> bool:
        """End what this run has left running there; whether that was answered. Raises Unreachable."""
        return self.host.run(lock_phases.cancel(), self.run).status != "unknown"

    def follow(self) -> Outcome:
        """Follow the job that is running there to its end, over as many links as it takes. Raises what its failure means."""
        outcome, phase = Outcome(), lock_phases.follow()
        with self._in(phase):
            self.host.go_on(phase, self.run, outcome)
            if job := outcome.facts.get("job"):
                self._follow_again(phase, outcome, lambda seen: lock_phases.follow(job, seen - OF_FOLLOWING))
            self.clock.check()
            self.host.end(phase, outcome)
        return self._well(outcome, phase)

    def _well(self, outcome: Outcome, phase: Phase) -> Outcome:
        if outcome.status != "ok":
            raise self.failure(outcome, phase)
        return outcome

    def take_lock(self, *, waits: bool = True) -> None:
        """Take it, and learn the state under it. `waits`: as --wait says. Raises Busy, and what else a refusal means."""
        options, patience = self.options if waits else self.options._replace(wait=0.0), self.patience()
        outcome = self.lock.take(self.run, wait=options.wait, patience=options.patience)
        if outcome.status == "unknown":
            self.host.warn("the link was lost while the lock was taken; connecting again")
            outcome = self._over_new_link(lambda: self.lock.take(self.run, wait=options.wait, patience=patience.left), patience)
        self.learn(self._well(outcome, lock_phases.lock()))

    def rejoin(self, patience: Patience | None = None, *, beside: bool = False) -> Outcome:
        """Over a new link, take the lock again: ok, failed when refused, unknown when patience ends. `beside`: as `take`."""
        patience = patience or self.patience()
        return self._over_new_link(lambda: self._take_again(patience, beside=beside), patience)

    def _take_again(self, patience: Patience, *, beside: bool = False) -> Outcome:
        if not self.lock.taken:
            return Outcome(code=0)
        self.lock.let_go()
        outcome = self.lock.take(self.run, patience=patience.left, returns=True, beside=beside)
        if outcome.status == "ok":
            self.learn(outcome)
        return outcome

    def _with_lock(self, phase: Phase, about: About) -> Outcome:
        self.host.warn("the host has not heard this workstation for a while, and has let go of its lock; taking it again")
        taken = self._take_again(self.patience())
        if taken.status == "unknown":
            taken = self.rejoin()
        return self._run(phase, about) if taken.status == "ok" else taken

    @contextlib.contextmanager
    def _in(self, phase: Phase) -> Iterator[None]:
        """Something of this phase may run on the host until the block ends; when it is stopped, it may still run."""
        self.phase = phase
        self.host.begin(phase)
        yield
        self.phase = None

    def _run(self, phase: Phase, about: About, texts: Texts | None = None, then: Next | None = None) -> Outcome:
        self.clock.check()
        if phase.is_empty:
            return Outcome(code=0)
        try:
            return self.host.run(phase, self.run, about, texts, then)
        except Unreachable as refused:
            return refusal(refused)

    def _follow_again(self, phase: Phase, outcome: Outcome, follow: Callable[[int], Phase]) -> None:
        """Go on following a job from the event where its link was lost. Each event that comes renews the patience."""
        patience = self.patience()
        while outcome.status == "unknown":
            self.clock.check()
            self.host.warn(f"the link was lost during {phase.name}, which goes on there; connecting again")
            seen, taken = outcome.seen, self.rejoin(patience, beside=True)
            if taken.status != "ok":
                outcome.code, outcome.failure, outcome.next = taken.code, taken.failure, taken.next
                return
            with contextlib.suppress(Unreachable):
                self.host.go_on(follow(seen), self.run, outcome)
            if outcome.seen > seen:
                patience.renew()
            elif outcome.status == "unknown":
                if not patience.left:
                    return
                patience.pause()

    def _again(self, phase: Phase, about: About, outcome: Outcome) -> Outcome:
        """Send a phase again that may run twice, unless somebody else has the lock or another release is live by now."""
        for _ in range(SENT_AGAIN):
            self.clock.check()
            self.host.warn(f"the link was lost during {phase.name}; connecting again")
            taken = self.rejoin()
            if taken.status != "ok":
                return replace(outcome, failure=taken.failure)
            if self.lock.taken and self.known.live_path != self.expected:
                return replace(outcome, failure=f"another release went live since: {self.live or 'none of ours'}")
            sent = self._run(phase, about)
            if sent.status != "unknown" and sent.code != Unreachable.exit_code:
                return sent
            outcome = replace(outcome, failure=sent.failure or outcome.failure)
        return outcome

    def _over_new_link(self, act: Callable[[], Outcome], patience: Patience) -> Outcome:
        """Connect again and act, until that has an outcome; unknown, with the last reason, when the patience ends before."""
        while True:
            try:
                self.host.reconnect()
                outcome = act()
            except Unreachable as away:
                outcome = refusal(away)
            self._given_up = outcome.status == "unknown" or outcome.code == Unreachable.exit_code
            if not self._given_up or not patience.left or self.gone():
                return Outcome(failure=outcome.failure) if self._given_up else outcome
            patience.pause()

    def patience(self, within: float = math.inf) -> Patience:
        """With a link that is lost now; none, where it has ended before and nothing was heard of the host since."""
        return Patience(self.clock, 0.0 if self._given_up else min(within, self.options.patience))
