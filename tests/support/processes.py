"""What /proc says of processes: CPU time of a whole host, of the whole machine, and memory of a tree of processes."""

import contextlib
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
EVERY = 0.01  # seconds between two looks at memory


def living(init: int) -> list[int]:
    """The processes of the PID namespace of `init`, those that ended and were not waited for left out."""
    return [int(path.name) for path in _members(init) if _stat(path)[:1] not in ([], ["Z"])]


def cpu_of(init: int) -> float:
    """CPU seconds that everything in the PID namespace of `init` has taken until now, what has ended included."""
    return sum(sum(map(int, _stat(path)[11:15])) for path in _members(init)) / TICKS


def cpu_of_machine() -> float:
    """CPU seconds that all cores of the machine were busy since it started."""
    user, nice, system, _, _, *interrupts = map(int, (PROC / "stat").read_text().splitlines()[0].split()[1:9])
    return (user + nice + system + sum(interrupts[:2])) / TICKS


class Memory:
    """Looks at a process and all below it, again and again.

    `peak` is the memory in MiB of the largest one so far, `threads` the most that one has had.
    """

    def __init__(self, pid: int) -> None:
        self.pid, self.peak, self.threads = pid, 0.0, 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(EVERY):
            pids = [*tree(self.pid)]
            self.peak = max([self.peak, *map(_resident, pids)])
            self.threads = max([self.threads, *map(threads, pids)])


def _members(init: int) -> Iterator[Path]:
    namespace = (PROC / str(init) / "ns/pid").readlink()
    for path in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (path / "ns/pid").readlink() == namespace:
                yield path


def _stat(process: Path) -> list[str]:
    """The fields of /proc/PID/stat from the third on; none when it has ended."""
    with contextlib.suppress(OSError):
        return (process / "stat").read_text().rpartition(")")[2].split()
    return []


def tree(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    for child in _children(pid):
        yield from tree(child)


def _children(pid: int) -> list[int]:
    """Those of all its threads; none when it has ended."""
    with contextlib.suppress(OSError):
        threads = list((PROC / f"{pid}/task").iterdir())
        return [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    return []


def threads(pid: int) -> int:
    """How many a process has; 0 when it has ended."""
    with contextlib.suppress(OSError):
        return len(list((PROC / f"{pid}/task").iterdir()))
    return 0


def _resident(pid: int) -> float:
    with contextlib.suppress(OSError):
        if found := re.search(r"^VmHWM:\s+(\d+) kB$", (PROC / f"{pid}/status").read_text(), re.MULTILINE):
            return int(found[1]) / 1024
    return 0.0
