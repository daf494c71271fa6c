"""On a terminal: live progress while it runs, and a terminal that is left as it was found."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
from collections.abc import Callable

import pytest

from tests.support.fab import PATIENCE, Site
from tests.support.forked import Forked

Make = Callable[..., Site]
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


def on_terminal(site: Site, *words: str, code: int = 0, until: str = "", **variables: str) -> str:
    """Everything that a terminal of 100 columns gets; Ctrl-C is pressed when `until` was seen."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    settings = termios.tcgetattr(theirs)
    process = Forked(["-H", "sandbox", *words], site.environment(**{"TERM": "xterm-256color", **variables}), [theirs] * 3)
    seen = _read(ours, process, until)
    assert process.wait(PATIENCE) == code, seen
    assert termios.tcgetattr(theirs) == settings
    os.close(theirs)
    os.close(ours)
    return seen


def _read(ours: int, process: Forked, until: str) -> str:
    """Read until the process has ended and the terminal is drained: it stays open, so no end of file comes."""
    seen = b""
    os.set_blocking(ours, False)
    while True:
        ended = process.poll() is not None
        try:
            seen += os.read(ours, 65536)
        except BlockingIOError:
            if ended:
                return seen.decode()
            select.select([ours], [], [], 0.1)
        if until and until.encode() in seen:
            process.send_signal(signal.SIGINT)
            until = ""


@pytest.fixture(scope="module")
def site(make: Make) -> Site:
    slow = 'for i in 1 2 3; do echo "at work on $i"; sleep 0.25; done'
    return make(apps={"web": {"bootstrap": [slow]}, "api": {"bootstrap": [slow]}})


def test_progress_is_live_and_the_cursor_is_back_in_the_end(site: Site) -> None:
    seen = on_terminal(site, "deploy", "--ref", "v1.0")
    assert "at work on 2" in seen, "the newest line of a command that runs"
    assert COLOUR.search(seen)
    assert seen.count(HIDE) == seen.count(SHOW) > 0
    assert seen.rindex(SHOW) > seen.rindex(HIDE)
    assert f"{site.live} is live" in COLOUR.sub("", seen)


def test_no_color_leaves_the_colours_out(site: Site) -> None:
    seen = on_terminal(site, "deploy", "--ref", "v1.0", NO_COLOR="1")
    coloured = [code for code in COLOUR.findall(seen) if re.search(r"[;\[](3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]", code)]
    assert coloured == []
    assert "at work on 2" in seen


def test_interrupt_leaves_the_terminal_clean(site: Site) -> None:
    seen = on_terminal(site, "deploy", "--ref", "v1.0", code=130, until="at work on 1")
    assert seen.count(HIDE) == seen.count(SHOW) > 0
    assert "interrupted during build" in seen
    assert "Traceback" not in seen


@pytest.mark.parametrize("variable", ["TERM=dumb", "CI=true"])
def test_terminal_that_cannot_move_its_cursor_gets_plain_lines(site: Site, variable: str) -> None:
    name, _, value = variable.partition("=")
    seen = on_terminal(site, "build", "--ref", "v1.0", code=0, until="", **{name: value})
    progress = seen[: seen.index("is built, and not live")]
    assert HIDE not in seen
    assert "\r" not in progress.replace("\r\n", "")


def test_result_is_coloured_for_people_and_not_for_a_pipe(site: Site) -> None:
    assert COLOUR.search(on_terminal(site, "status"))
    assert not COLOUR.search(site.fab("status").out)


def test_json_on_a_terminal_has_neither_colours_nor_other_line_breaks(site: Site) -> None:
    seen = on_terminal(site, "status", "--json").replace("\r\n", "\n")
    assert seen.endswith(site.fab("status", "--json").out)
