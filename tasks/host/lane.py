"""One lane: commands that run in order, each in its own session, within its time, with an empty stdin and nothing inherited."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence

from tasks.host import programs
from tasks.host.output import PIECE, Output
from tasks.host.report import Report

WHY = {126: ", it may not be run", 127: ", command not found: is its directory in path of hosts.yml?"}


class Where:
    """The directory and environment of commands, and the seconds that each may take."""

    def __init__(self, folder: str, environment: Mapping[str, str], seconds: float) -> None:
        self.folder, self.environment, self.seconds = folder, environment, seconds


class Lane:
    """Commands of hosts.yml that run one after the other in a directory. `failure`: the first of them that failed, and how."""

    def __init__(self, output: Output, report: Report, where: Where, commands: Sequence[str]) -> None:
        self.label, self.failure = output.label, ""
        self.reading = -1  # the read end of the running command's output; -1: none, or nobody has it open any more
        self.pid = 0  # of the running command; 0: the lane is at its end
        self._output, self._report, self._where, self._waiting = output, report, where, list(commands)
        self._command, self._began = "", 0.0

    def start_next(self) -> None:
        """Start the next command, if there is one."""
        if not self._waiting:
            return
        self._command = self._waiting.pop(0)
        self._began = time.monotonic()
        self._output.begin(self._command)
        self._report.event("lane", "start", self.label, self._command)
        self.reading, writing = os.pipe()
        os.set_blocking(self.reading, False)
        nothing = os.open(os.devnull, os.O_RDONLY)
        try:
            words = [*programs.SHELL, self._command]
            self.pid = programs.start(
                words, nothing, writing, writing, env=self._where.environment, cwd=self._where.folder, session=True
            )
        except OSError as problem:
            self._fail(f"could not be started: {problem.strerror}")
        finally:
            os.close(writing)
            os.close(nothing)
        if not self.pid and not self.failure:
            self._fail("could not be started: bash was not found")

    def read(self) -> bool:
        """Pass on what the running command has printed since. Whether there was any."""
        try:
            data = os.read(self.reading, PIECE)
        except BlockingIOError:
            return False
        if data:
            self._output.take(data)
        else:
            self.close()
        return bool(data)

    def ended(self) -> bool:
        """Whether the running command has ended, whoever else has its output open; if it went well, the next one is started."""
        if not self.gone():
            return False
        code = self.finish()
        if code:
            self._fail(_shown_end(code))
        else:
            spent = int((time.monotonic() - self._began) * 1000)
            self._report.event("lane", "done", self.label, self._command, str(spent))
            self.start_next()
        return True

    def gone(self) -> bool:
        """Whether the running command has ended. It is waited for later: until then its number is nobody else's."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def late(self) -> bool:
        """Whether the running command has had its time."""
        if time.monotonic() - self._began <= self._where.seconds:
            return False
        self._fail(f"was ended after {self._where.seconds:g} seconds (step_timeout)")
        return True

    def finish(self) -> int:
        """The exit code of a command that has ended, once its last output is passed on."""
        code = programs.exit_code(os.waitpid(self.pid, 0)[1])
        self.pid = 0
        if self.reading >= 0:
            self.read()  # as much as a pipe holds; a daemon may go on printing
        self.close()
        self._output.flush()
        return code

    def close(self) -> None:
        """Read no more."""
        if self.reading >= 0:
            os.close(self.reading)
            self.reading = -1

    def explain(self) -> None:
        """Report the last lines of the command that failed."""
        self._output.explain()

    def _fail(self, how: str) -> None:
        self.failure = f"{self.label}: {_shown(self._command)} {how}"


def _shown(command: str) -> str:
    first = command.strip().splitlines()[0] if command.strip() else command
    return repr(first if len(first) <= 80 else first[:77] + "...")


def _shown_end(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"exited {code}{WHY.get(code, '')}"
