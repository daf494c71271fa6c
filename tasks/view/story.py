"""What the events come to: lines that stay, and what is going on right now. Nothing here knows of a screen.

Whatever comes from a host has passed `clean` when it leaves here.
"""

import copy
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from tasks.phases.event import Event
from tasks.view.words import cell_len, clean

SLOW = 2.0
"""Seconds after which a quiet phase is worth its line."""

Kind = Literal["phase", "long", "step", "command", "broken", "fail", "tail", "end", "live", "warn", "note"]


class Line(NamedTuple):
    """A line that stays.

    kind        text                   label           seconds
    phase                                                        a phase begins
    long        step                                             a step that runs commands begins: it may take minutes
    step        step                   detail          took
    command     command                app             took      printed when its step has ended
    broken      step                                   took      the step that failed
    fail        what happened
    tail        output                 app or step
    end         done|failed|unknown                    took      a phase has ended
    live        release                the one before
    warn, note  text
    """

    kind: Kind
    text: str = ""
    label: str = ""
    seconds: float | None = None
    address: str = ""
    phase: str = ""


@dataclass(slots=True)
class Lane:
    """What runs beside others in a step: an app, say."""

    began: float
    command: str = ""
    output: str = ""
    done: list[tuple[str, float]] = field(default_factory=list)


@dataclass(slots=True)
class Running:
    """The phase that a host is in. `loud`: its steps are shown; of another phase one line stays, when it was slow or failed."""

    address: str
    phase: str
    steps: int
    began: float
    loud: bool = False
    ended: int = 0
    step: str = ""
    detail: str = ""
    lanes: dict[str, Lane] = field(default_factory=dict)
    tail: list[Line] = field(default_factory=list)

    def line(self, kind: Kind, text: str = "", label: str = "", seconds: float | None = None) -> Line:
        return Line(kind, text, label, seconds, self.address, self.phase)

    def next(self, step: str, now: float) -> None:
        """Go on to this step, or to none."""
        self.step, self.began, self.detail, self.lanes = step, now, "", {}


class Story:
    """Takes events of these addresses from any thread, and returns the lines that stay."""

    def __init__(self, addresses: Sequence[str] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.hosts = max(1, len(addresses))
        self.several = self.hosts > 1  # a line must say which
        self.steps: list[tuple[str, float]] = []
        self._place = {clean(address): place for place, address in enumerate(addresses)}
        self._running: dict[str, Running] = {}
        self._headed = ""
        self._lock = threading.Lock()

    def lines(self, address: str, event: Event) -> tuple[Line, ...]:
        """The lines that this event adds."""
        lines_of = _LINES_OF.get(event.kind)
        if lines_of is None:
            return ()
        address = clean(address)
        with self._lock:
            host = self._running.get(address) or Running(address, "", 0, self.clock())
            return tuple(lines_of(self, host, Event(event.kind, tuple(map(clean, event.words)))) or ())

    @property
    def idle(self) -> bool:
        """Whether no phase is in progress."""
        return not self._running

    def running(self) -> tuple[Running, ...]:
        """The phases in progress, as they are at this moment, in the order of the addresses."""
        with self._lock:
            hosts = [copy.deepcopy(host) for host in self._running.values()]
        return tuple(sorted(hosts, key=lambda host: self._place.get(host.address, len(self._place))))

    def end(self) -> None:
        """Nothing is in progress any more."""
        with self._lock:
            self._running.clear()

    def _phase(self, host: Running, event: Event) -> Iterator[Line]:
        what, name = event.word(0), event.word(1)
        if what in ("start", "quiet"):
            loud = what == "start"
            self._running[host.address] = host = Running(host.address, name, len(event.words) - 2, self.clock(), loud)
            if loud and name != self._headed:
                self._headed = name
                yield host.line("phase")
            return
        yield from host.tail
        if host.phase == name:
            self._running.pop(host.address, None)
        took = _seconds(event.word(2))
        if not self._running:
            self._headed = ""
        if host.loud or took >= SLOW or what != "done":
            yield Line("end", what, seconds=took, address=host.address, phase=name)

    def _step(self, host: Running, event: Event) -> Iterator[Line]:
        what, name, took = event.word(0), event.word(1), _seconds(event.word(2))
        if what != "start":
            host.ended += 1
            self.steps.append((name, took))
            if host.loud:
                yield host.line("step", name, host.detail, took)
                yield from _commands(host)
        host.next(name if what == "start" else "", self.clock())

    def _lane(self, host: Running, event: Event) -> Iterator[Line]:
        what, label, command = event.word(0), event.word(1), event.word(2)
        if not host.lanes and host.loud:
            yield host.line("long", host.step)
        lane = host.lanes.setdefault(label, Lane(self.clock()))
        if what == "start":
            lane.began, lane.command, lane.output = self.clock(), command, ""
        else:
            lane.done.append((command, _seconds(event.word(3))))
            lane.command = lane.output = ""

    def _output(self, host: Running, event: Event) -> None:
        host.lanes.setdefault(event.word(0), Lane(host.began)).output = event.word(1)

    def _tail(self, host: Running, event: Event) -> None:
        host.tail.append(host.line("tail", event.word(1), event.word(0)))

    def _fail(self, host: Running, event: Event) -> Iterator[Line]:
        # Elsewhere the error that ends the run says the same, with nothing between the two.
        if host.step and host.loud:
            yield host.line("broken", host.step, seconds=self.clock() - host.began)
            yield host.line("fail", event.word(0))
        yield from host.tail
        host.tail = []
        host.next("", self.clock())

    def _fact(self, host: Running, event: Event) -> None:
        if event.word(0) == "commit":
            host.detail = event.word(1)[:12]

    def _text(self, host: Running, event: Event) -> Iterator[Line]:
        kinds: dict[str, Kind] = {"swapped": "live", "warn": "warn", "note": "note"}
        yield host.line(kinds[event.kind], event.word(0), event.word(1))


_LINES_OF: dict[str, Callable[[Story, Running, Event], Iterator[Line] | None]] = {
    "phase": Story._phase,
    "step": Story._step,
    "lane": Story._lane,
    "line": Story._output,
    "tail": Story._tail,
    "fail": Story._fail,
    "fact": Story._fact,
    **dict.fromkeys(("swapped", "warn", "note"), Story._text),
}


def _commands(host: Running) -> Iterator[Line]:
    """What ran in the step, lane by lane, the labels made equally wide; a label that only repeats the step is left out."""
    alone = list(host.lanes) == [host.step]
    width = max(map(cell_len, host.lanes), default=0)
    for label, lane in host.lanes.items():
        shown = "" if alone else label + " " * (width - cell_len(label))
        yield from (host.line("command", command, shown, spent) for command, spent in lane.done)


def _seconds(milliseconds: str) -> float:
    return int(milliseconds) / 1000 if re.fullmatch("[0-9]{1,12}", milliseconds) else 0.0
