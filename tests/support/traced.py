"""strace on the host's sshd and everything below it: programs started, and files flushed."""

import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

FLUSHES = ("fsync", "fdatasync", "syncfs", "sync")
PROGRAMS = ("execve", "execveat")
# A call that another process interrupts ends on a line of its own: only that one has the result.
ENDED = re.compile(r"^(?P<pid>\d+) +(?:<\.\.\. )?(?P<call>\w+)(?: resumed>|\().*= (?P<result>-?\d+)(?: .*)?$")
STARTED = re.compile(r'^(?P<pid>\d+) +execve(?:at)?\([^"]*"(?P<path>[^"]*)", \["(?P<word>[^"]*)"')
# A thread that starts a program takes the number of its process.
SUPERSEDED = re.compile(r"^(?P<pid>\d+) \+\+\+ superseded by execve in pid (?P<thread>\d+) \+\+\+$")


@dataclass
class Traced:
    """Programs by the last part of their path, with how often each was started, and calls that flush, by name."""

    programs: Counter[str] = field(default_factory=Counter)
    flushes: Counter[str] = field(default_factory=Counter)

    @property
    def pythons(self) -> int:
        """How many of the programs are Python interpreters."""
        return sum(number for name, number in self.programs.items() if re.fullmatch(r"python[\d.]*", name))


def parse(text: str) -> Traced:
    """Count the calls of strace's output that went well."""
    traced, program = Traced(), dict[str, str]()
    for line in text.splitlines():
        if started := STARTED.match(line):
            program[started["pid"]] = started["path"] or started["word"]
        if superseded := SUPERSEDED.match(line):
            program[superseded["pid"]] = program[superseded["thread"]]
        if not (ended := ENDED.match(line)) or int(ended["result"]) < 0:
            continue
        if ended["call"] in PROGRAMS:
            traced.programs[program[ended["pid"]].rpartition("/")[2]] += 1
        elif ended["call"] in FLUSHES:
            traced.flushes[ended["call"]] += 1
    return traced


@contextmanager
def tracing(pid: int, output: Path) -> Iterator[None]:
    """Write such calls of a process, and of all that it starts meanwhile, to a file. All is slower meanwhile."""
    calls = ",".join(PROGRAMS + FLUSHES)
    with _strace(pid, "-s", "256", "-e", f"trace={calls}", "-o", str(output)):
        yield


@contextmanager
def killing(pid: int, *calls: str) -> Iterator[None]:
    """Kill what the process has started once it enters one of these calls, before the call is done."""
    names = ",".join(calls)
    with _strace(pid, "-e", f"trace={names}", "-e", f"inject={names}:signal=KILL", "-o", "/dev/null"):
        yield


@contextmanager
def _strace(pid: int, *options: str) -> Iterator[None]:
    words = ["strace", "-f", "-e", "signal=none", *options, "-p", str(pid)]
    tracer = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert tracer.stderr is not None
        line = tracer.stderr.readline()
        if "attached" not in line:
            raise RuntimeError(f"strace cannot attach to sshd: {line.strip()}")
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate()
