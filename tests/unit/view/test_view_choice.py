"""Which view it is."""

import io

import pytest

from tasks.view.live import Live
from tasks.view.plain import Plain
from tasks.view.view import open_view
from tests.unit.view.scenes import Terminal

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
