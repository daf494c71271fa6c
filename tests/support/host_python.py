"""A python3 of the tests before the host's own: it overhears what a host program is asked, or makes it wait."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.sandbox.host.layout import SYSTEM_PATH
from tests.support.booted_login import Login
from tests.support.fab import Site


def overhear(site: Site) -> Path:
    """From now on the host notes all that a program of the host hears from a workstation: the file."""
    file = site.sandbox.folder / "run" / "heard"
    file.unlink(missing_ok=True)
    _put_before(site, "python3", f"""exec {sys.executable} "$@" < <(exec tee -a '{file}')\n""")
    return file


def _put_before(site: Site, tool: str, text: str) -> None:
    """Put a shell text where the host looks first for one of its tools."""
    folder = site.sandbox.folder / "shims"
    folder.mkdir(exist_ok=True)
    (folder / tool).write_text(f"#!/bin/bash\n{text}")
    (folder / tool).chmod(0o755)
    (site.sandbox.folder / "run" / "path").write_text(f"{folder}:{SYSTEM_PATH}")


WAIT = """
import os, sys, time

def wait(event, arguments):
    if event == {event!r} and {place!r} in map(str, arguments[:2]) and os.path.exists({after!r}):
        open(os.path.expanduser("~/cut"), "w").close()
        while not os.path.exists(os.path.expanduser("~/go-on")):
            time.sleep(0.05)
        {then}

sys.addaudithook(wait)
"""


AHEAD = """
import time

of = time.gmtime
time.gmtime = lambda seconds=None: of(time.time() + {seconds} if seconds is None else seconds)
"""


def put_clock_forward(site: Site, seconds: int) -> None:
    """The clock of the programs that answer a workstation is so far ahead."""
    _hook(site, AHEAD.format(seconds=seconds))


SLOW = """
import os, time

flush = os.fsync
os.fsync = lambda descriptor: (time.sleep(0.1), flush(descriptor))[1]
"""
BOOTED, HOOK = "/usr/local/bin/python3", "/usr/local/lib/hook.py"


@contextmanager
def slow_and_ahead(host: Login, seconds: int) -> Iterator[None]:
    """The disk of a booted host is slow, and its clock so far ahead, for the programs that answer a workstation."""
    host.write(HOOK, AHEAD.format(seconds=seconds) + SLOW, "root")
    text = f"""exec /usr/bin/python3 "${{@:1:3}}" "exec(open('{HOOK}').read());$4" "${{@:5}}"\n"""
    host.write(BOOTED, f"#!/bin/bash\n{text}", "root", "755")
    yield
    host.sh(f"rm {BOOTED}")


def wait_before(site: Site, event: str, place: Path, *, after: Path = Path("/"), then: str = "pass") -> None:
    """The host program touches ~/cut and waits for ~/go-on before it does this, and after that path is there.

    `event` is what Python's audit hooks call it; `then` is a Python statement that follows the wait.
    """
    _hook(site, WAIT.format(event=event, place=str(place), after=str(after), then=then))


def _hook(site: Site, text: str) -> None:
    """Python runs this text first in every program that is sent there."""
    folder = site.sandbox.folder / "shims"
    folder.mkdir(exist_ok=True)
    hook = folder / "hook.py"
    hook.write_text(text)
    _put_before(site, "python3", f"""exec {sys.executable} "${{@:1:3}}" "exec(open('{hook}').read());$4" "${{@:5}}"\n""")
