"""Lines that several hosts say alike are one line on a terminal: when the last of them has said it, or none is at work."""

from collections.abc import Callable, Iterable, Iterator

from tasks.view.story import Line

SHARED = frozenset(("step", "command", "live", "end"))
ENDS = frozenset(("broken", "fail", "end"))


class Alike:
    """Holds lines back until so many hosts have said the same; what one has said stays in its order."""

    def __init__(self, hosts: int) -> None:
        self._hosts = hosts
        self._waiting: list[Line] = []

    def take(self, lines: Iterable[Line]) -> Iterator[Line]:
        """What can be printed by now: one line, with the longest time, for what all have said."""
        for line in lines:
            if line.kind in SHARED and (line.kind != "end" or line.text == "done"):
                yield from self._hold(line)
                continue
            if line.kind in ENDS:
                yield from self._of(line.address)
            yield line

    def rest(self, phase: str | None = None) -> list[Line]:
        """What some have said, and no other will: of this phase, which all have ended, or of any."""
        return self._let_go(lambda held: phase in (None, held.phase))

    def _hold(self, line: Line) -> Iterator[Line]:
        self._waiting.append(line)
        said = {held.address: held for held in reversed(self._waiting) if _words(held) == _words(line)}
        if len(said) < self._hosts:
            return
        for held in said.values():
            self._waiting.remove(held)
        if line.kind == "end":
            yield from self.rest(line.phase)
        yield self._one([*said.values()])

    def _of(self, address: str) -> list[Line]:
        return self._let_go(lambda held: held.address == address)

    def _let_go(self, which: Callable[[Line], bool]) -> list[Line]:
        going = [line for line in self._waiting if which(line)]
        self._waiting = [line for line in self._waiting if not which(line)]
        return going

    def _one(self, lines: list[Line]) -> Line:
        if self._hosts == 1:
            return lines[0]
        slowest = max(lines, key=lambda line: line.seconds or 0.0)
        return slowest._replace(address=f"{self._hosts} hosts" if slowest.kind == "live" else "")


def _words(line: Line) -> tuple[str, ...]:
    return line.kind, line.phase, line.text, line.label
