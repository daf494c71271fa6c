"""The README's picture of a deploy, from what a terminal is sent."""

from xml.etree import ElementTree

import pytest

from docs.make.picture import drawn, kept
from tasks.view.summary import show_summary
from tasks.view.view import open_view
from tests.unit.view.scenes import BUILD, CUTOVER, Terminal, events

XTERM = {"TERM": "xterm", "COLUMNS": "100", "LINES": "50"}


def lines() -> list[str]:
    terminal = Terminal()
    with pytest.MonkeyPatch.context() as patch, open_view(("web1",), XTERM, terminal) as view:
        for name, value in XTERM.items():
            patch.setenv(name, value)
        for event in events([*BUILD, *CUTOVER]):
            view.event("web1", event)
        show_summary("prod", {"source-2": ["web1"]}, steps=view.story.steps, stream=terminal)
    return kept(terminal.getvalue())


def test_a_picture_shows_the_run_and_its_summary() -> None:
    text = "".join(ElementTree.fromstring(drawn("fab", lines())).itertext()).replace("\xa0", " ")  # noqa: S314
    assert "fetch" in text
    assert "prod: source-2 is live" in text
    assert "bootstrap 1 min 05 s" in text


def test_a_picture_asks_no_server_for_anything() -> None:
    svg = drawn("fab", lines())
    assert "url(http" not in svg.replace('"', "")
    assert "@font-face" not in svg


def test_the_same_run_is_the_same_picture() -> None:
    assert drawn("fab", lines()) == drawn("fab", lines())


@pytest.mark.parametrize(
    ("printed", "lines"),
    [
        ("one\r\ntwo\r\n", ["one", "two", ""]),
        ("⠋ a\n⠋ b\r\x1b[2K\x1b[1A\x1b[2Kdone\n⠙ b\r\x1b[2K", ["done", ""]),
    ],
)
def test_a_region_that_was_erased_is_not_in_it(printed: str, lines: list[str]) -> None:
    assert kept(printed) == lines
