"""On a terminal: whatever its width, and whatever a host says, it is drawn and left clean."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tasks.phases.event import Event
from tasks.view.live import Live
from tasks.view.story import Story
from tasks.view.words import clean
from tests.unit.view.scenes import BUILD, CUTOVER, FAILED, Clock, Terminal, Told, events

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


def told(view: Live, *parts: Told) -> None:
    for part in parts:
        for event in events(part):
            view.event("web1", event)


def kept(width: int, *parts: Told) -> list[str]:
    """The lines that stay."""
    terminal = Terminal()
    with Live(terminal, {"COLUMNS": str(width), "TERM": "xterm"}, Story(clock=Clock())) as view:
        view.console.width = width
        view._start = lambda: None  # type: ignore[method-assign]  # the region is drawn by other tests
        told(view, *parts)
    return [clean(line) for line in terminal.getvalue().split("\n")[:-1]]


def drawn(view: Live, width: int) -> list[str]:
    """The region below, as it is now."""
    lines = view.console.render_lines(view, view.console.options.update(width=width), pad=False)
    return ["".join(segment.text for segment in line).rstrip() for line in lines]


def test_a_release_stays_on_the_screen_as_these_lines() -> None:
    assert kept(80, BUILD, CUTOVER) == [
        "build",
        "     1.2 s  ✓ fetch",
        "     0.0 s  ✓ resolve  1a2b3c4d5e6f",
        "1 min 05 s  ✓ bootstrap",
        "1 min 05 s      web  composer install",
        "     3.0 s      api  make",
        "            ! the disk is nearly full",
        "     0.0 s  ✓ seal",
        "1 min 06 s    build done",
        "cutover",
        "              live source-2  before it source-1",
        "     0.1 s  ✓ swap",
        "     0.1 s    cutover done",
    ]


def test_the_tail_of_a_failure_stays_with_its_markup_as_text() -> None:
    assert kept(80, FAILED)[1:] == [
        "     0.0 s  ✗ bootstrap",
        "              web: 'make' exited 2",
        "              web | [bold]broken[/]",
        "     4.0 s    build failed",
    ]


def test_the_region_shows_each_app_with_its_command_and_last_line(clock: Clock) -> None:
    view = Live(Terminal(), {}, Story(clock=clock))
    view._start = lambda: None  # type: ignore[method-assign]
    told(view, BUILD[:8])
    clock.now = 5.0
    told(view, BUILD[8:11])
    clock.now = 12.0
    assert drawn(view, 80) == [
        "      12 s  ⠋ bootstrap  3 of 4",
        "      12 s      web  composer install  Installing [red]x[/]",
        "                api  done",
    ]


def test_a_narrow_region_gives_its_room_to_the_output(clock: Clock) -> None:
    view = Live(Terminal(), {}, Story(clock=clock))
    view._start = lambda: None  # type: ignore[method-assign]
    told(view, BUILD[:10])
    assert drawn(view, 60)[1:] == ["     0.0 s      web  Installing [red]x[/]", "     0.0 s      api  make"]


@pytest.mark.parametrize("width", range(20, 121))
def test_the_region_is_never_wider_than_the_terminal(width: int, clock: Clock) -> None:
    view = Live(Terminal(), {}, Story(clock=clock))
    view._start = lambda: None  # type: ignore[method-assign]
    told(view, BUILD[:10], [("line", "web", "日本語" * 80), ("lane", "start", "a-long-label" * 5, "a command " * 30)])
    assert all(cell_len(line) <= max(width, 24) for line in drawn(view, width))


@given(st.integers(20, 120), st.text(), st.text())
def test_anything_a_host_says_can_be_drawn(width: int, label: str, text: str) -> None:
    view = Live(Terminal(), {}, Story(clock=Clock()))
    view._start = lambda: None  # type: ignore[method-assign]
    told(view, BUILD[:7], [("lane", "start", label, text), ("line", label, text), ("note", text), ("warn", text)])
    assert all(line.isprintable() for line in drawn(view, width))


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_a_whole_run_goes_through_a_real_region(width: int) -> None:
    terminal = Terminal()
    with Live(terminal, {"TERM": "xterm"}) as view:
        view.console.width = width
        told(view, BUILD, CUTOVER, FAILED)
    assert terminal.getvalue().count("swap") >= 1


def test_the_cursor_is_back_when_an_error_ends_the_run() -> None:
    terminal = Terminal()
    with contextlib.suppress(KeyboardInterrupt), Live(terminal, {"TERM": "xterm"}) as view:
        told(view, BUILD[:9])
        raise KeyboardInterrupt
    assert HIDE in terminal.getvalue()
    assert terminal.getvalue().rindex(SHOW) > terminal.getvalue().rindex(HIDE)


def test_between_phases_the_terminal_is_an_ordinary_one() -> None:
    terminal = Terminal()
    view = Live(terminal, {"TERM": "xterm"})
    told(view, CUTOVER)
    assert terminal.getvalue().count(SHOW) == terminal.getvalue().count(HIDE) == 1
    view.close()


@pytest.mark.parametrize(("environ", "coloured"), [({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False)])
def test_no_color_is_respected(environ: dict[str, str], coloured: bool) -> None:
    terminal = Terminal()
    with Live(terminal, {"TERM": "xterm-256color", **environ}) as view:
        told(view, FAILED)
    assert bool(re.search(r"\x1b\[(?:\d+;)*3[0-8]", terminal.getvalue())) is coloured


def test_a_long_step_is_cut_and_a_long_warning_is_wrapped() -> None:
    steps: Told = (("step", "start", "x" * 60), ("step", "done", "x" * 60, "100"), ("warn", "a long warning " * 3))
    assert kept(40, [BUILD[0], *steps])[1:] == [
        "     0.1 s  ✓ " + "x" * 25 + "…",
        "            ! a long warning a long",
        "              warning a long warning",
    ]


def test_an_event_takes_no_copy_of_what_runs(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a refresh of the region does, ten times a second, however many lines a host prints."""
    view = Live(Terminal(), {}, Story(clock=clock))
    view._start = lambda: None  # type: ignore[method-assign]
    monkeypatch.setattr(view.story, "running", lambda: pytest.fail("a copy for an event"))
    told(view, BUILD, CUTOVER, [("text", "a line of a log")] * 100)


def test_several_hosts_are_told_apart(clock: Clock) -> None:
    view = Live(Terminal(), {}, Story(("web1", "web2"), clock))
    view._start = lambda: None  # type: ignore[method-assign]
    for address in ("web1", "web2"):
        view.event(address, Event("phase", ("start", "build", "fetch")))
    assert drawn(view, 80) == ["     0.0 s  ⠋ web1  build  1 of 1", "     0.0 s  ⠋ web2  build  1 of 1"]
