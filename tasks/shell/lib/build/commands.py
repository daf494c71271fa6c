"""Run lanes of commands side by side, and tell what they print: masked, labelled, to the log and to the wire.

A lane's commands run in order; the first failure ends the others. Output may be huge, binary or absent, and a command may
leave a daemon behind: what counts is that the command itself has ended. Python 3.8, standard library only.
"""

from __future__ import annotations

import collections
import ctypes
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
from typing import Any, Iterator

from tasks.shell.lib.build.build_log import Log
from tasks.shell.lib.build.mask import Mask
from tasks.shell.lib.wire import emit

FAILED, INTERRUPTED = 3, 130
PR_SET_PDEATHSIG = 1
GRACE = 1.5  # seconds between TERM and KILL
HELD = 65536  # a line without an end is passed on in pieces of this size
UNSEEN = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b.|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
UNKNOWN = ("NONCE", "QUIET", "RESERVE", "EXEC", "SHELL_PID")  # to commands
OPTIONS = ("SHELLOPTS", "BASHOPTS", "BASH_FUNC_")  # a shell's, and functions that the login has exported
environment = {key: value for key, value in os.environ.items() if key not in UNKNOWN and not key.startswith(OPTIONS)}
quiet = bool(os.environ.get("QUIET"))  # what is printed goes to the log alone: nobody here knows what must not be seen
stop = threading.Event()
interrupted = False
log = Log(sys.argv[1])


class Lane(threading.Thread):
    def __init__(self, label: str, work: str, folder: str, commands: list[str], timeout: int, mask: Mask) -> None:
        super().__init__(daemon=True)
        self.label, self.work, self.folder = label, work, os.path.join(work, folder)
        self.commands, self.timeout, self.mask = commands, timeout, mask
        self.failure, self.told, self.partial = "", 0.0, b""
        self.tail: collections.deque[bytes] = collections.deque(maxlen=20)

    def run(self) -> None:
        try:
            inside(self.folder, self.work)
            for command in self.commands:
                if stop.is_set() or not self.one(command):
                    break
        except Exception as problem:
            self.failure = "%s: %s" % (self.label, problem)
        finally:
            if self.failure:
                stop.set()

    def one(self, command: str) -> bool:
        began = time.monotonic()
        self.tail.clear()
        log.write(self.label, b"$ " + os.fsencode(command) + b"\n", always=True)
        emit("lane", "start", self.label, command)
        code = self.finish(self.launch(command), began + self.timeout)
        spent = str(int((time.monotonic() - began) * 1000))
        if code == 0:
            emit("lane", "done", self.label, command, spent)
        elif not stop.is_set():
            self.failure = "%s: %s %s" % (self.label, shown(command), ended(code, self.timeout))
        return code == 0

    def launch(self, command: str) -> int:
        reading, writing_end = os.pipe()
        try:
            self.process = subprocess.Popen(
                ["bash", "--norc", "--noprofile", "-c", command],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=writing_end,
                stderr=writing_end,
                start_new_session=True,
            )
        finally:
            os.close(writing_end)
        os.set_blocking(reading, False)
        return reading

    def finish(self, reading: int, deadline: float) -> int | None:
        """Read until the command has ended, whoever else keeps its output open. None: it took too long."""
        late = False
        with open(reading, "rb", buffering=0) as output:
            while self.process.poll() is None:
                late = time.monotonic() > deadline
                if late or stop.is_set():
                    end(self.process)
                    break
                if select.select([output], [], [], 0.1)[0] and not self.take(output):
                    self.wait(min(deadline, time.monotonic() + 0.1))
            last = time.monotonic() + 0.5
            while time.monotonic() < last and select.select([output], [], [], 0)[0] and self.take(output):
                pass
        self.flush()
        return None if late else self.process.wait()

    def wait(self, until: float) -> None:
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            pass

    def take(self, output: Any) -> bool:
        data = output.read(HELD)
        if data:
            self.partial += data
            cut = self.partial.rfind(b"\n") + 1
            if not cut and len(self.partial) > HELD:
                cut = self.mask.cut(self.partial)
            if cut > 0:
                done, self.partial = self.partial[:cut], self.partial[cut:]
                self.tell(self.mask(done))
        return bool(data)

    def flush(self) -> None:
        done, self.partial = self.partial, b""
        if done:
            self.tell(self.mask(done))

    def tell(self, data: bytes) -> None:
        log.write(self.label, data if data.endswith(b"\n") else data + b"\n")
        lines = [line for line in re.split(rb"[\r\n]+", data[-16384:]) if line.strip()]
        self.tail.extend(line[-500:] for line in lines)
        if lines and not quiet and time.monotonic() - self.told > 0.1:
            self.told = time.monotonic()
            emit("line", self.label, clean(lines[-1]))


def inside(folder: str, work: str) -> None:
    """A build that leaves its directory through a link could reach the live site."""
    if not (os.path.realpath(folder) + "/").startswith(os.path.realpath(work) + "/"):
        raise ValueError("%s leads out of the build" % folder)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a command and all that it started in its group: TERM, and KILL for who is still there."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        there = signalled(process, number)
        deadline = time.monotonic() + GRACE
        while there and time.monotonic() < deadline:
            time.sleep(0.05)
            there = signalled(process, 0)


def signalled(process: subprocess.Popen[bytes], number: int) -> bool:
    """Whether anybody is left in its group."""
    process.poll()
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def clean(line: bytes) -> str:
    return UNSEEN.sub("", line.decode("utf-8", "replace"))[:300].rstrip()


def shown(command: str) -> str:
    first = command.strip().splitlines()[0] if command.strip() else command
    return repr(first if len(first) <= 80 else first[:77] + "...")


def ended(code: int | None, timeout: int) -> str:
    if code is None:
        return "was ended after %d seconds (step_timeout)" % timeout
    if code < 0:
        return "was killed by signal %d" % -code
    return "exited %d%s" % (
        code,
        {126: ", it may not be run", 127: ", command not found: is its directory in path of hosts.yml?"}.get(code, ""),
    )


def interrupt(*_: object) -> None:
    global interrupted
    interrupted = True
    stop.set()


def lanes(words: list[str], work: str, timeout: int, mask: Mask) -> Iterator[Lane]:
    while words:
        label, folder, count = words[0], words[1], int(words[2])
        yield Lane(label, work, folder, words[3 : 3 + count], timeout, mask)
        words = words[3 + count :]


def counted(words: list[str]) -> tuple[list[str], list[str]]:
    """Words that start with how many of them belong together: those, and the rest."""
    end = int(words[0]) + 1
    return words[1:end], words[end:]


def main(work: str, timeout: str, *words: str) -> int:
    signal.signal(signal.SIGTERM, interrupt)
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)  # should the job be killed, its commands end with it
    if os.getppid() != int(os.environ.pop("SHELL_PID")):
        return INTERRUPTED
    settings, rest = counted(list(words))
    environment.update(pair.partition("=")[::2] for pair in settings)
    files, rest = counted(rest)
    running = list(lanes(rest, work, int(timeout), Mask(work, files)))
    for lane in running:
        lane.start()
    while any(lane.is_alive() for lane in running):
        for lane in running:
            lane.join(0.1)
    failed = [lane for lane in running if lane.failure]
    for lane in failed[:1]:
        log.end(lane.label, lane.tail)
        for line in () if quiet else lane.tail:
            emit("tail", lane.label, clean(line))
        emit("fail", lane.failure, "")
    return INTERRUPTED if interrupted else FAILED if failed else 0


sys.exit(main(*sys.argv[2:]))
