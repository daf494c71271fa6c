"""Which view it is, and the picture."""

import io
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tasks.view.live import Live
from tasks.view.plain import Plain
from tasks.view.summary import Summary, show_summary
from tasks.view.view import View, open_view
from tests.unit.view.scenes import BUILD, CUTOVER, Terminal, events

XTERM = {"TERM": "xterm"}


@pytest.mark.parametrize(
    ("environ", "stream", "kind"),
    [
        (XTERM, Terminal(), Live),
        (XTERM | {"CI": "false"}, Terminal(), Live),
        (XTERM | {"CI": "true"}, Terminal(), Plain),
        ({"TERM": "dumb"}, Terminal(), Plain),
        ({}, Terminal(), Plain),
        (XTERM, io.StringIO(), Plain),
    ],
)
def test_it_is_live_only_on_a_terminal_with_a_person(environ: dict[str, str], stream: io.StringIO, kind: type) -> None:
    assert type(open_view(("web1",), environ, stream)) is kind


def run(view: View) -> None:
    for event in events([*BUILD, *CUTOVER]):
        view.event("web1", event)


def picture(path: Path) -> str:
    with open_view(("web1",), {"RELEASE_PICTURE": str(path)}, io.StringIO()) as view:
        run(view)
        show_summary(Summary("prod", "deploy", "source-2"), view, stream=io.StringIO())
    return path.read_text(encoding="utf-8")


def test_a_picture_shows_the_run_and_its_summary(tmp_path: Path) -> None:
    text = "".join(ElementTree.fromstring(picture(tmp_path / "a.svg")).itertext()).replace("\xa0", " ")  # noqa: S314
    assert "fetch" in text
    assert "prod: source-2 is live" in text
    assert "bootstrap 1 min 05 s" in text


def test_a_picture_asks_no_server_for_anything(tmp_path: Path) -> None:
    svg = picture(tmp_path / "a.svg")
    assert "url(http" not in svg.replace('"', "")
    assert "@font-face" not in svg


def test_the_same_run_is_the_same_picture(tmp_path: Path) -> None:
    assert picture(tmp_path / "a.svg") == picture(tmp_path / "b.svg")


def test_a_picture_that_cannot_be_written_is_a_note(tmp_path: Path) -> None:
    stream = io.StringIO()
    with open_view(("web1",), {"RELEASE_PICTURE": str(tmp_path / "no" / "a.svg")}, stream) as view:
        run(view)
    assert "the picture could not be written" in stream.getvalue()


def test_the_log_is_the_same_with_a_picture(tmp_path: Path) -> None:
    with_picture, without = io.StringIO(), io.StringIO()
    for environ, stream in (({"RELEASE_PICTURE": str(tmp_path / "a.svg")}, with_picture), ({}, without)):
        with open_view(("web1",), environ, stream) as view:
            run(view)
    lines = [[line.split(" ", 1)[1] for line in text.getvalue().splitlines()] for text in (with_picture, without)]
    assert lines[0] == lines[1]
