"""Lines that several hosts say alike are one line on a terminal: when the last of them has said it, or none is at work."""

from collections.abc import Iterable, Iterator

from tasks.view.story import Line

SHARED = frozenset(("step", "command", "live", "end"))


class Alike:
    """Holds lines back until so many hosts have said the same."""

    def __init__(self, hosts: int) -> None:
        self._hosts = hosts
        self._waiting: dict[tuple[str, ...], list[Line]] = {}

    def take(self, lines: Iterable[Line]) -> Iterator[Line]:
        """What can be printed by now: one line, with the longest time, for what all have said."""
        for line in lines:
            if line.kind not in SHARED or (line.kind == "end" and line.text != "done"):
                yield line
                continue
            key = (line.kind, line.phase, line.text, line.label)
            said = self._waiting.setdefault(key, [])
            said.append(line)
            if len(said) == self._hosts:
                del self._waiting[key]
                if line.kind == "end":
                    yield from self.rest(line.phase)
                yield self._one(said)

    def rest(self, phase: str | None = None) -> Iterator[Line]:
        """What some have said, and no other will: of this phase, which all have ended, or of any."""
        for key in [key for key in self._waiting if phase in (None, key[1])]:
            yield from self._waiting.pop(key)

    def _one(self, lines: list[Line]) -> Line:
        if self._hosts == 1:
            return lines[0]
        slowest = max(lines, key=lambda line: line.seconds or 0.0)
        return slowest._replace(address=f"{self._hosts} hosts" if slowest.kind == "live" else "")
