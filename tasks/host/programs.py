"""Other programs, started from argument lists: each in a process group of its own, with a deadline, with nothing inherited."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

from tasks.host.environment import NOT_PASSED_ON
from tasks.host.watch import WATCH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    kept = os.memfd_create("output") if output == CAPTURE else output
    given = _memory(input) if input else os.open(os.devnull, os.O_RDONLY)
    try:
        pid = start(words, given, kept, kept if errors is None else errors, env=env, cwd=cwd)
        code = wait(pid, seconds) if pid else NOT_FOUND
        return Done(code, _content(kept) if output == CAPTURE else b"")
    finally:
        os.close(given)
        if output == CAPTURE:
            os.close(kept)


def start(
    words: Sequence[str],
    *descriptors: int,
    env: Mapping[str, str] | None = None,
    cwd: str = "",
    session: bool = False,
) -> int:
    """Start a program in a process group (or session) of its own, with these as its descriptors 0, 1, 2 ...

    Its pid, 0 where there is no such program.
    """
    actions = _descriptors(descriptors)
    group = {"setsid": True} if session else {"setpgroup": 0}
    environment = dict(inherited() if env is None else env)
    with _spawning:
        here = os.open(".", os.O_RDONLY) if cwd else -1
        try:
            if cwd:
                os.chdir(cwd)  # posix_spawn has no directory of its own
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
                os.close(here)
            for _, source, number in actions:
                if source != number and source >= 20:
                    os.close(source)


def wait(pid: int, seconds: float, grace: float = GRACE) -> int:
    """The exit code of a child, which is ended after so many seconds."""
    late: list[bool] = []

    def end() -> None:
        late.append(True)
        end_group(pid, grace)

    try:
        with WATCH.limit(seconds, end):
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
    """End a process group: TERM, and KILL for whoever is there after `grace` seconds. Whether nobody is left."""
    return end_groups([group], grace)


def end_groups(groups: Sequence[int], grace: float = GRACE) -> bool:
    """End several process groups at once, in the time of one."""
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 1.0)):
        left = [group for group in groups if _signal_group(group, number)]
        for group in left:
            _signal_group(group, signal.SIGCONT)
        deadline = time.monotonic() + patience
        while left and time.monotonic() < deadline:
            left = [group for group in left if group_alive(group)]
            time.sleep(0.02 if left else 0)
        if not left:
            return True
    return False


def group_alive(group: int) -> bool:
    """Whether a process of this group is left that is no zombie."""
    return _signal_group(group, 0) and any(_in_group(int(name), group) for name in os.listdir("/proc") if name.isdigit())


def _in_group(pid: int, group: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return False
    return int(fields[2]) == group and fields[0] not in (b"Z", b"X")


def _signal_group(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _descriptors(sources: Sequence[int]) -> list[tuple[int, int, int]]:
    """File actions that put these on 0, 1, 2 ... They are moved up first: a low source would be overwritten on the way."""
    return [
        (os.POSIX_SPAWN_DUP2, fcntl.fcntl(source, fcntl.F_DUPFD_CLOEXEC, 20), number) for number, source in enumerate(sources)
    ]


def _memory(data: bytes) -> int:
    descriptor = os.memfd_create("input")
    os.write(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _content(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, size, 0)
