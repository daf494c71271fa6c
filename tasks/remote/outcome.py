"""What became of a phase: ok, failed or unknown, and what it reported on the way."""

from dataclasses import dataclass, field

from tasks.phases.event import Event

NOISE_LINES = 20


@dataclass(slots=True)
class Outcome:
    """`code` is what the last event of the phase said; None while none has come, however the channel ended."""

    code: int | None = None
    facts: dict[str, str] = field(default_factory=dict)
    swapped: bool = False
    step: str = ""
    failure: str = ""
    next: str = ""
    tail: list[str] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    seen: int = 0
    """Events of a job, those that were left out included: a job is followed again from here."""

    @property
    def status(self) -> str:
        """`ok`, `failed`, or `unknown`: the host program reported no end."""
        return "unknown" if self.code is None else "failed" if self.code else "ok"

    def take(self, event: Event) -> None:
        """Remember what a caller may ask for."""
        first = event.word(0)
        self._count(event)
        match event.kind:
            case "fact":
                self.facts[first] = event.word(1)
            case "swapped":
                self.swapped = True
            case "step":
                self.step = event.word(1)
            case "fail":
                self.failure, self.next = self.failure or first, self.next or event.word(1)
            case "check" | "pending":
                self.events.append(event)
            case "end":
                self.code = int(first)
            case _:
                self._keep(event)

    def _count(self, event: Event) -> None:
        if event.kind == "left_out":
            self.seen += int(event.word(0))
        elif event.kind not in ("noise", "end"):
            self.seen += 1

    def _keep(self, event: Event) -> None:
        first = event.word(0)
        match event.kind:
            case "tail":
                self.tail.append(f"{first} | {event.word(1)}")
            case "text":
                self.texts.append(first)
            case "noise":
                self.noise = [*self.noise[1 - NOISE_LINES :], first]
