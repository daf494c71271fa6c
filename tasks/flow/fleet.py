"""The members of an environment, and what is done on each of them at the same time. One address is a fleet of one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast

from tasks.errors import Interrupted, ReleaseError, Unreachable
from tasks.flow.clock import Clock, Stopped
from tasks.flow.interrupts import Interrupts
from tasks.flow.member import Member
from tasks.flow.prepare import prepare
from tasks.flow.standing import Standing, interruption, names, table, verdict
from tasks.phases.lock import Needs
from tasks.view.screen import Screen

if TYPE_CHECKING:
    from tasks.config.models import Environment

ORDERLY = 4.5
"""Seconds for an end in good order; what is not over then may still be running on a host, and that is printed."""

LET_GO = 10.0
"""Seconds for the locks to be let go, and the connections to be closed."""

T = TypeVar("T")


class Results(NamedTuple, Generic[T]):
    """What an act came to on each member: a value or an error. Members that were not waited for are in neither."""

    values: dict[Member, T]
    errors: dict[Member, ReleaseError]


class Fleet:
    """The hosts of one environment in one run. Only the main thread calls it; what it is given runs in a thread per member."""

    def __init__(
        self, environment: Environment, members: Sequence[Member], view: Screen, interrupts: Interrupts, clock: Clock
    ) -> None:
        self.environment, self.members, self.view = environment, tuple(members), view
        self.interrupts, self.clock = interrupts, clock
        self.began = clock.now()

    @property
    def primary(self) -> Member:
        """The first member, for what one host does for all."""
        return self.members[0]

    def hint(self, *words: str) -> str:
        """A command to type next."""
        return self.primary.hint(*words)

    def note(self, text: str) -> None:
        """A line about the whole run."""
        self.view.note(text)

    # -- on every member at once

    def each(
        self, act: Callable[[Member], T], of: Sequence[Member] | None = None, *, within: float | None = None
    ) -> Results[T]:
        """Act on every member, and wait for all of them; for no longer than `within` seconds, where that is given.

        Nobody's error hides another's. A defect is raised once all have ended, and KeyboardInterrupt at once.
        """
        members = self.members if of is None else tuple(of)
        inbox: SimpleQueue[tuple[Member, Any]] = SimpleQueue()
        for member in members:
            threading.Thread(target=_act, args=(act, member, inbox), daemon=True).start()
        results, defects = Results[T]({}, {}), list[BaseException]()
        end = None if within is None else self.clock.now() + within
        for _ in members:
            if not (found := self._next(inbox, end)):
                break
            member, result = found
            if isinstance(result, ReleaseError):
                results.errors[member] = result
            elif isinstance(result, BaseException):
                defects.append(result)
            else:
                results.values[member] = result
        if defects:
            raise defects[0]
        return results

    def require(
        self, act: Callable[[Member], T], goal: Standing | None = None, of: Sequence[Member] | None = None
    ) -> dict[Member, T]:
        """Act on every member; what each came to. Raises the verdict when something went wrong, or one is not at the goal."""
        results = self.each(act, of)
        error = self.verdict(goal, results.errors) if goal or results.errors else None
        if error:
            raise error
        return results.values

    def first(self, act: Callable[[Member], T]) -> T:
        """Act on the primary, for all."""
        return self.require(act, of=(self.primary,))[self.primary]

    def verdict(
        self, goal: Standing | None, errors: Mapping[Member, ReleaseError], *, because: ReleaseError | None = None
    ) -> ReleaseError | None:
        """What the run has come to by now, from how its members stand."""
        stands = [member.stand(errors.get(member)) for member in self.members]
        return verdict(stands, goal, self.hint, because=because)

    def judged(self, error: ReleaseError) -> ReleaseError:
        """The same error, with the exit code and the words of how the members stand."""
        if all(member.standing is Standing.AS_IT_WAS for member in self.members):
            error.state = error.state or self.state()
            return error
        found = verdict([member.stand() for member in self.members], None, self.hint, because=error)
        return error if found is None or found.code == error.code else found

    def state(self) -> str:
        """How the members stand, in sentences."""
        return table([member.stand() for member in self.members])

    # -- what a run begins with

    def prepare(self, what: str = "", *, services: bool = False, warns: bool = False, needs: Needs = "") -> None:
        """Try every login and every service that the run may use, before anything is written.

        `warns`: what is wrong with a service is a warning.
        The locks are asked for next: `what` is for a run that finds them taken, `needs` what they are for (phases/lock.py).
        """
        for member in self.members:
            member.lock.needs = needs
            member.run = replace(member.run, what=f"{member.run.verb} {what}" if what else member.run.verb)
        tried = services and bool(self.environment.services)
        self.require(lambda member: prepare(member, services=tried, warns=warns))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """The locks of all, with the state of every host as it is under them.

        When the block is left by an error they are let go by `close`, after what still runs was ended.
        """
        self.first(Member.take_lock)
        self.require(Member.take_lock, of=self.members[1:])
        yield
        self.each(lambda member: member.lock.let_go())

    @contextmanager
    def uninterrupted(self) -> Iterator[None]:
        """Ctrl-C waits until this is done: between a rename and its line in history nobody should have to guess."""
        with self.interrupts.held():
            yield

    # -- the end

    def interrupted(self) -> Interrupted:
        """End what runs on the hosts, and report how they stand; leave it alone when that takes too long, or when hurried."""
        left = {member: member.phase for member in self.members if member.phase}
        self.clock.stop()
        self.interrupts.ending()
        for member in self.members:
            member.host.abandon()
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
        stands = [replace(member.stand(errors.get(member)), running=left.get(member)) for member in self.members]
        return interruption(stands, phases, self.hint)

    def close(self) -> None:
        """Let go of the locks, and close every connection."""
        self.clock.stop()
        self.interrupts.over()
        self.each(_close, within=ORDERLY if self.interrupts.heard else LET_GO)

    def _next(self, inbox: SimpleQueue[tuple[Member, Any]], end: float | None) -> tuple[Member, Any] | None:
        """What the next member came to; None when the time is over."""
        shown = False
        with suppress(Empty):
            while not (found := self.interrupts.wait(inbox, None if end is None else max(0.0, end - self.clock.now()))):
                if self.interrupts.waiting and not shown:
                    running = names([member.phase for member in self.members if member.phase])
                    self.note(f"{running or 'this'} is waited for; Ctrl-C again leaves it to itself")
                    shown = True
            return cast("tuple[Member, Any]", found)
        return None


def _act(act: Callable[[Member], T], member: Member, inbox: SimpleQueue[tuple[Member, Any]]) -> None:
    result: Any
    try:
        result = act(member)
    except Stopped:
        return
    except BaseException as problem:
        result = problem
    inbox.put((member, result))


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
