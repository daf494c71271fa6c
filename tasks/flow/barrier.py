"""One thing done on several members at the same time, and waited for on all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Generic, NamedTuple, TypeVar, cast

from tasks.errors import ReleaseError
from tasks.flow.clock import Clock, Stopped
from tasks.flow.interrupts import Interrupts
from tasks.flow.member import Member
from tasks.flow.standing import names

T = TypeVar("T")


class Results(NamedTuple, Generic[T]):
    """What an act came to on each member: a value or an error. Members that were not waited for are in neither.

    Values are in the order of the members, errors in that in which they came: the first is often the cause of the others.
    """

    values: dict[Member, T]
    errors: dict[Member, ReleaseError]


class Barrier:
    """Only the main thread waits here; each member has a thread of its own. Several wait at one barrier one after the other."""

    def __init__(self, interrupts: Interrupts, clock: Clock, note: Callable[[str], None]) -> None:
        self._interrupts, self._clock, self._note = interrupts, clock, note

    def each(
        self,
        act: Callable[[Member], T],
        members: Sequence[Member],
        within: float | None = None,
        ends: Callable[[Member], None] | None = None,
    ) -> Results[T]:
        """Act on every member, and wait for all of them; for no longer than `within` seconds, where that is given.

        Nobody's error hides another's. A defect is raised once all have ended, and KeyboardInterrupt at once. `ends`: how what
        the others do is ended, once one has failed, by a defect too.
        """
        inbox: SimpleQueue[tuple[Member, Any]] = SimpleQueue()
        for member in members:
            _start(act, member, inbox)
        results, defects, left = Results[T]({}, {}), list[BaseException](), list(members)
        end = None if within is None else self._clock.now() + within
        while left and (found := self._next(inbox, left, end)):
            member, result = found
            left.remove(member)
            if not isinstance(result, BaseException):
                results.values[member] = result
                continue
            if ends and not results.errors and not defects:
                for other in left:
                    _start(ends, other, SimpleQueue())
            if isinstance(result, ReleaseError):
                results.errors[member] = result
            else:
                defects.append(result)
        if defects:
            raise defects[0]
        return results._replace(values={member: results.values[member] for member in members if member in results.values})

    def _next(
        self, inbox: SimpleQueue[tuple[Member, Any]], left: Sequence[Member], end: float | None
    ) -> tuple[Member, Any] | None:
        """What the next member came to; None when the time is over."""
        shown = False
        with suppress(Empty):
            while not (found := self._interrupts.wait(inbox, None if end is None else max(0.0, end - self._clock.now()))):
                if self._interrupts.waiting and not shown:
                    running = names([member.phase for member in left if member.phase])
                    self._note(f"{running or 'this'} is waited for; Ctrl-C again leaves it to itself")
                    shown = True
            return cast("tuple[Member, Any]", found)
        return None


def _start(act: Callable[[Member], Any], member: Member, inbox: SimpleQueue[tuple[Member, Any]]) -> None:
    threading.Thread(target=_act, args=(act, member, inbox), daemon=True).start()


def _act(act: Callable[[Member], Any], member: Member, inbox: SimpleQueue[tuple[Member, Any]]) -> None:
    result: Any
    try:
        result = act(member)
    except Stopped:
        return
    except BaseException as problem:
        result = problem
    inbox.put((member, result))
