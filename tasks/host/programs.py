"""Other programs, started from argument lists: each in a process group of its own, with a deadline, with nothing inherited."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence

from tasks.host.deadline import limit
from tasks.host.environment import NOT_PASSED_ON

TOO_LATE = 124  # the code of a program that was ended at its deadline, as timeout(1) has it
NOT_FOUND = 127
GRACE = 10.0  # seconds between TERM and KILL
SHELL = ("bash", "--norc", "--noprofile", "-c")  # for a command of hosts.yml, its one argument
CAPTURE = -1  # for `output`: keep what the program prints
_DEFAULTS = (signal.SIGPIPE, signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
_spawning = threading.Lock()


class Done:
    """A program that has ended: its exit code (negative: the signal that killed it; TOO_LATE), and what was captured."""

    def __init__(self, code: int, output: bytes = b"") -> None:
        self.code, self.output = code, output

    @property
    def text(self) -> str:
        """What it printed, without blanks around it."""
        return self.output.decode("utf-8", "replace").strip()


def inherited() -> dict[str, str]:
    """This program's environment, without what would make a shell read start-up files."""
    return {key: value for key, value in os.environ.items() if key not in NOT_PASSED_ON and not key.startswith("BASH_FUNC_")}


def run(
    words: Sequence[str],
    *,
    seconds: float,
    output: int = CAPTURE,
    errors: int | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str = "",
    input: bytes = b"",
) -> Done:
    """Run a program to its end. Its output is captured or goes to a descriptor; so does stderr, unless `errors` is given.

    A daemon that it leaves behind is not waited for. It is ended after `seconds`, and when this program is ended.
    """
    given = os.memfd_create("input") if input else os.open(os.devnull, os.O_RDWR)
    captured = os.memfd_create("output")
    kept = captured if output == CAPTURE else output
    try:
        os.pwrite(given, input, 0)
        pid = start(words, given, kept, kept if errors is None else errors, env=env, cwd=cwd)
        code = wait(pid, seconds) if pid else NOT_FOUND
        return Done(code, os.pread(captured, os.fstat(captured).st_size, 0))
    finally:
        os.close(given)
        os.close(captured)


def start(
    words: Sequence[str], *descriptors: int, env: Mapping[str, str] | None = None, cwd: str = "", session: bool = False
) -> int:
    """Start a program in a process group, or session, of its own, with these descriptors: its pid, 0 where there is none."""
    # they are moved up first: a low one would be overwritten on the way
    moved = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 20) for descriptor in descriptors]
    group = {"setsid": True} if session else {"setpgroup": 0}
    environment = dict(inherited() if env is None else env)
    with _spawning:
        here = os.open(".", os.O_RDONLY) if cwd else -1
        try:
            if cwd:
                os.chdir(cwd)  # posix_spawn has no directory of its own
            actions = [(os.POSIX_SPAWN_DUP2, descriptor, number) for number, descriptor in enumerate(moved)]
            return os.posix_spawnp(
                words[0], list(words), environment, file_actions=actions, setsigdef=_DEFAULTS, setsigmask=(), **group
            )
        except (FileNotFoundError, PermissionError):
            if cwd and not os.path.isdir(cwd):
                raise
            return 0
        finally:
            if here >= 0:
                os.fchdir(here)
                moved.append(here)
            for descriptor in moved:
                os.close(descriptor)


def wait(pid: int, seconds: float) -> int:
    """The exit code of a child, which is ended after so many seconds."""
    late: list[bool] = []

    def end() -> None:
        late.append(True)
        end_group(pid)

    try:
        with limit(seconds, end):
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    except BaseException:
        end_group(pid, 1.5)
        os.waitpid(pid, 0)
        raise
    code = exit_code(os.waitpid(pid, 0)[1])
    return TOO_LATE if late else code


def exit_code(status: int) -> int:
    """The exit code in a wait status, negative for the signal that killed it: os.waitstatus_to_exitcode of Python 3.9."""
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def end_group(group: int, grace: float = GRACE) -> bool:
    """End a process group: TERM, and KILL for what is there after `grace` seconds. Whether nobody is left."""
    return end_groups([group], grace)


def end_groups(groups: Sequence[int], grace: float) -> bool:
    """End several process groups at once, in the time of one."""
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 1.0)):
        left = [group for group in groups if _signal_group(group, number)]
        for group in left:
            _signal_group(group, signal.SIGCONT)
        deadline = time.monotonic() + patience
        while left and time.monotonic() < deadline:
            left = [group for group in left if _signal_group(group, 0) and group in map(group_of, pids())]
            time.sleep(0.02 if left else 0)
        if not left:
            return True
    return False


def pids() -> list[int]:
    """Every process of this host."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def about(pid: int, name: str) -> bytes:
    """A file that the kernel has of a process; nothing where it has ended, or is another's."""
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""


def group_of(pid: int) -> int:
    """The process group of a process, 0 for one that has ended."""
    state, _, group, *_ = [*about(pid, "stat").rpartition(b")")[2].split(), b"X", b"", b""]
    return 0 if state in (b"Z", b"X") else int(group)


def started(pid: int) -> int:
    """When a process started, in ticks since boot; 0 for one that has ended."""
    fields = about(pid, "stat").rpartition(b")")[2].split()
    return int(fields[19]) if len(fields) > 19 and fields[0] not in (b"Z", b"X") else 0


def _signal_group(group: int, number: int) -> bool:
    """Whether there is such a group."""
    try:
        os.killpg(group, number)
    except OSError as problem:
        return isinstance(problem, PermissionError)
    return True
