"""Off a terminal: one line per event, exactly, and nothing that a log cannot hold."""

import io
import os
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.phases.event import Event
from tasks.view.plain import Plain
from tasks.view.story import Story
from tests.unit.view.scenes import BUILD, CUTOVER, FAILED, Clock, Told, events

KINDS = ["phase", "step", "lane", "line", "tail", "fact", "check", "swapped", "note", "warn", "text", "noise", "fail"]
FREE_WORDS = st.sampled_from(["start", "quiet", "done", "failed", "build", "lock", "fetch", "12"]) | st.text()
FREE_EVENTS = st.builds(Event, st.sampled_from(KINDS), st.lists(FREE_WORDS, max_size=5).map(tuple))


def plain(*told: Told, address: str = "web1") -> list[str]:
    stream = io.StringIO()
    with Plain(stream, Story(clock=Clock()), now=lambda: "17:34:32Z") as view:
        for event in events([each for part in told for each in part]):
            view.event(address, event)
    return stream.getvalue().splitlines()


def test_a_release_is_these_lines() -> None:
    assert plain(BUILD, CUTOVER) == [
        "17:34:32Z build",
        "17:34:32Z build: fetch (1.2 s)",
        "17:34:32Z build: resolve (1a2b3c4d5e6f, 0.0 s)",
        "17:34:32Z build: bootstrap ...",
        "17:34:32Z build: bootstrap (1 min 05 s)",
        "17:34:32Z build: warning: the disk is nearly full",
        "17:34:32Z build: seal (0.0 s)",
        "17:34:32Z build: done (1 min 06 s)",
        "17:34:32Z cutover",
        "17:34:32Z cutover: live is source-2, before it source-1",
        "17:34:32Z cutover: swap (0.1 s)",
        "17:34:32Z cutover: done (0.1 s)",
    ]


def test_a_failed_command_shows_its_tail_after_what_happened() -> None:
    assert plain(FAILED)[-4:] == [
        "17:34:32Z build: bootstrap failed (0.0 s)",
        "17:34:32Z build: error: web: 'make' exited 2",
        "17:34:32Z build: web | [bold]broken[/]",
        "17:34:32Z build: failed (4.0 s)",
    ]


def test_a_tail_whose_failure_never_came_is_shown() -> None:
    lost = (*FAILED[:4], ("phase", "unknown", "build", "4000"))
    assert plain(lost)[-2:] == ["17:34:32Z build: web | [bold]broken[/]", "17:34:32Z build: unknown (4.0 s)"]


@pytest.mark.parametrize(
    ("status", "took", "lines"),
    [
        ("done", "300", []),
        ("done", "2000", ["17:34:32Z prune: done (2.0 s)"]),
        ("failed", "300", ["17:34:32Z prune: failed (0.3 s)"]),
        ("unknown", "300", ["17:34:32Z prune: unknown (0.3 s)"]),
    ],
)
def test_a_quiet_phase_is_a_line_only_when_slow_or_failed(status: str, took: str, lines: list[str]) -> None:
    steps: Told = (("step", "start", "prune"), ("step", "done", "prune", took))
    assert plain([("phase", "quiet", "prune", "prune"), *steps, ("phase", status, "prune", took)]) == lines


@pytest.mark.parametrize(("addresses", "said"), [(("web1",), "hello"), (("web1", "web2"), "web1 hello")])
def test_a_line_has_its_address_from_the_first_one_on_where_there_are_several(addresses: tuple[str, ...], said: str) -> None:
    stream = io.StringIO()
    Plain(stream, Story(addresses), now=lambda: "17:34:32Z").event("web1", Event("note", ("hello",)))
    assert stream.getvalue().splitlines() == [f"17:34:32Z {said}"]


def test_phases_of_several_hosts_have_one_heading() -> None:
    stream = io.StringIO()
    view = Plain(stream, now=lambda: "17:34:32Z")
    for address in ("web1", "web2"):
        view.event(address, Event("phase", ("start", "build", "fetch")))
    assert stream.getvalue().splitlines() == ["17:34:32Z build"]


@given(st.lists(st.tuples(st.text(max_size=5), FREE_EVENTS), max_size=30), st.text())
def test_no_event_puts_a_control_character_into_a_log(told: Sequence[tuple[str, Event]], note: str) -> None:
    stream = io.StringIO()
    with Plain(stream) as view:
        for address, event in told:
            view.event(address, event)
        view.note(note)
    assert all(line.isprintable() for line in stream.getvalue().split("\n"))


def test_a_reader_that_has_gone_does_not_stop_a_release() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream, Plain(stream) as view:
        os.close(reading)
        view.note("nobody reads this")
        view.note("nor this")


def test_each_line_is_sent_at_once() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8")
    Plain(stream, now=lambda: "17:34:32Z").note("hello")
    assert raw.getvalue() == b"17:34:32Z hello\n"


def test_a_log_without_unicode_gets_what_it_can_hold() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Plain(stream, now=lambda: "17:34:32Z").note("schön")
    assert raw.getvalue() == b"17:34:32Z sch?n\n"
