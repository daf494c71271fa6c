"""The members of an environment, and what is done on each of them at the same time. One address is a fleet of one."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from tasks.errors import Interrupted, ReleaseError, Unreachable
from tasks.flow.barrier import Barrier, Results
from tasks.flow.clock import Clock
from tasks.flow.interrupts import Interrupts
from tasks.flow.member import Member
from tasks.flow.prepare import Tries, leave_out, prepare
from tasks.flow.standing import Standing, interruption, names, table, verdict
from tasks.phases.lock import Needs
from tasks.view.screen import Screen

if TYPE_CHECKING:
    from tasks.config.models import Environment
    from tasks.remote.target_group import TargetGroup

ORDERLY = 4.5
"""Seconds for an end in good order; what is not over then may still be running on a host, and that is printed."""

LET_GO = 10.0
"""Seconds for the locks to be let go, and the connections to be closed."""

T = TypeVar("T")


class Fleet:
    """The hosts of one environment in one run. Only the main thread calls it; what it is given runs in a thread per member."""

    def __init__(
        self, environment: Environment, members: Sequence[Member], view: Screen, interrupts: Interrupts, clock: Clock
    ) -> None:
        self.environment, self.members, self.view = environment, tuple(members), view
        self.hint = self.members[0].hint
        """Makes a command to type next."""
        self.everyone = self.members
        """All members of the run, of whom `members` are those that are acted on now."""
        self.interrupts, self.clock = interrupts, clock
        self.inventory: Callable[[], tuple[str, ...]] | None = None
        """Reads the addresses that there are now, where they may change while a run is at work."""
        self.balancer: TargetGroup | None = None
        """The target group that a batch is taken out of while it changes."""
        self.typed: tuple[str, ...] = ()
        """The verb with its options, as it was typed."""
        self.again = ""
        """What goes on where something has moved and not all went well, of a verb that can always be typed again."""
        self._barrier = Barrier(interrupts, clock, self.note)
        self.began = clock.now()

    def of(self, members: Sequence[Member]) -> Fleet:
        """Some of them: what goes wrong is judged by how all members of the run stand."""
        part = copy.copy(self)
        part.members = tuple(members)
        return part

    @property
    def primary(self) -> Member:
        """The first member, for what one host does for all."""
        return self.members[0]

    def keep(self, members: Sequence[Member]) -> None:
        """Go on with these alone: the others have left the fleet."""
        self.everyone = tuple(members)
        self.members = tuple(member for member in self.members if member in members)

    @property
    def batches(self) -> tuple[Fleet, ...]:
        """The members in the groups that go live one after the other: as many at a time as `batch` says, or all at once."""
        size = batch_size(self.environment.batch, len(self.members))
        return tuple(self.of(self.members[start : start + size]) for start in range(0, len(self.members), size))

    def others(self, member: Member) -> tuple[Member, ...]:
        """Those that this one has to wait for where all must have come as far, and that wait for it."""
        return tuple(other for other in self.members if other is not member)

    def note(self, text: str) -> None:
        """A line about the whole run."""
        self.view.note(text)

    def pause(self, seconds: float) -> None:
        """Wait, as long as nobody presses Ctrl-C."""
        self.each(lambda _: self.clock.pause(seconds), of=(self.primary,))

    # -- on every member at once

    def each(
        self,
        act: Callable[[Member], T],
        of: Sequence[Member] | None = None,
        *,
        within: float | None = None,
        ends: Callable[[Member], None] | None = None,
    ) -> Results[T]:
        """Act on every member, and wait for all of them: barrier.py."""
        return self._barrier.each(act, self.members if of is None else tuple(of), within, ends)

    def require(
        self,
        act: Callable[[Member], T],
        goal: Standing | None = None,
        of: Sequence[Member] | None = None,
        ends: Callable[[Member], None] | None = None,
    ) -> dict[Member, T]:
        """Act on every member; what each came to. Raises the verdict when something went wrong, or one is not at the goal."""
        results = self.each(act, of, ends=ends)
        error = self.verdict(goal, results.errors) if goal or results.errors else None
        if error:
            raise error
        return results.values

    def raise_any(self, errors: Mapping[Member, ReleaseError]) -> None:
        """Raises the verdict where something went wrong."""
        if error := self.verdict(None, errors) if errors else None:
            raise error

    def first(self, act: Callable[[Member], T]) -> T:
        """Act on the primary, for all."""
        return self.require(act, of=(self.primary,))[self.primary]

    def verdict(
        self, goal: Standing | None, errors: Mapping[Member, ReleaseError], *, because: ReleaseError | None = None
    ) -> ReleaseError | None:
        """What the run has come to by now: None when these members are at the goal and nothing went wrong on any."""
        causes = [*([because] if because else []), *errors.values()]
        if not causes and all(member.standing is goal for member in self.members):
            return None
        return verdict([member.stand(errors.get(member)) for member in self.everyone], causes, self.hint, self.again)

    def judged(self, error: ReleaseError) -> ReleaseError:
        """The same error, with the exit code and the words of how the members stand."""
        if all(member.standing is Standing.AS_IT_WAS for member in self.everyone):
            error.state = error.state or self.state()
            return error
        found = verdict([member.stand() for member in self.everyone], [error], self.hint, self.again)
        return error if found.code == error.code else found

    def state(self) -> str:
        """How the members stand, in sentences."""
        return table([member.stand() for member in self.everyone])

    # -- what a run begins with

    def prepare(self, what: str = "", *, tries: Tries = "", needs: Needs = "") -> None:
        """Name the hosts that are left out; try every login, and what else the run `tries`, before anything is written.

        The locks are asked for next: `what` is for a run that finds them taken, `needs` what they are for (phases/lock.py).
        """
        for address in self.primary.run.without:
            database = ", on a database that may be migrated" if self.environment.migrate else ""
            self.note(f"{address} is left out: it goes on with what it has{database}")
        for member in self.members:
            member.lock.needs = needs
            member.run = member.run._replace(what=f"{member.run.verb} {what}" if what else member.run.verb)
        self.reach(lambda member: prepare(member, asks=member is self.primary, tries=tries))

    def reach(self, act: Callable[[Member], object]) -> None:
        """Act on every member, before anything is written."""
        tried = self.each(act)
        if tried.values:
            leave_out(tried.errors, self.typed)
        self.raise_any(tried.errors)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """The locks of all, with the state of every host under them: the primary's first, so that one of two runs wins.

        When the block is left by an error they are let go by `close`, after what still runs was ended.
        """
        self.first(Member.take_lock)
        self.require(lambda member: member.take_lock(waits=False), of=self.others(self.primary))
        yield
        self.each(lambda member: member.lock.let_go())

    @contextmanager
    def uninterrupted(self) -> Iterator[None]:
        """Ctrl-C waits until this is done: between a rename and its line in history nobody should have to guess."""
        with self.interrupts.held():
            yield

    def interrupted(self) -> Interrupted:
        """End what runs on the hosts, and report how they stand; leave it alone when that takes too long, or when hurried."""
        left = {member: member.phase for member in self.members if member.phase}
        self.clock.stop()
        self.interrupts.ending()
        for member in self.members:
            member.host.abandon()
        if self.balancer:
            threading.Thread(target=self.balancer.restore, daemon=True).start()
        phases, errors = tuple(left.values()), dict[Member, ReleaseError]()
        with suppress(KeyboardInterrupt):
            self.interrupts.check()
            if any(phase.is_job for phase in phases):
                self.note(f"interrupted: ending {names(phases)} on the host; Ctrl-C again leaves it to itself")
            asked = self.each(_end, within=ORDERLY)
            errors |= asked.errors | {member: problem for member, problem in asked.values.items() if problem}
            for member in asked.values:
                left.pop(member, None)
        self.interrupts.over()
        stands = [member.stand(errors.get(member))._replace(running=left.get(member)) for member in self.members]
        return interruption(stands, phases, self.hint)

    def close(self) -> None:
        """Let go of the locks, and close every connection."""
        self.clock.stop()
        self.interrupts.over()
        try:
            if self.balancer and self.balancer.of:
                self._put_in_again(self.balancer)
        finally:
            self.each(_close, within=ORDERLY if self.interrupts.heard else LET_GO)

    def _put_in_again(self, balancer: TargetGroup) -> None:
        """However the run has ended, no host stays out of the load balancer in silence."""
        self.each(lambda _: balancer.restore(), self.everyone[:1], within=LET_GO)
        if left := [*balancer.out]:
            names, line = ", ".join(map(str, left)), balancer.registering(left)
            self.note(f"warning: {names} is out of {balancer.name}, and could not be put in again: {line}")


def batch_size(batch: str | None, hosts: int) -> int:
    """How many of so many hosts are a batch: a number, or a share that is rounded down; at least one."""
    if batch is None:
        return max(1, hosts)
    share = int(batch.rstrip("%"))
    return max(1, hosts * share // 100 if batch.endswith("%") else share)


def _end(member: Member) -> ReleaseError | None:
    """End the job of this run there, and ask how things stand; why that could not be asked. Raises Unreachable."""
    if member.phase and member.phase.is_job and not member.cancel():
        raise Unreachable(f"{member.host.address} did not answer")
    try:
        if member.state or member.host.connected:
            member.ask()
    except ReleaseError as problem:
        return problem
    return None


def _close(member: Member) -> None:
    member.lock.let_go()
    member.host.close()
