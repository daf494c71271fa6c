"""Which screen a run is shown on: live on a terminal, plain lines elsewhere."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from tasks.view.plain import Plain
from tasks.view.screen import Screen
from tasks.view.story import Story


def open_view(addresses: Sequence[str] = (), environ: Mapping[str, str] = os.environ, stream: TextIO | None = None) -> Screen:
    """Live where a person sees a terminal, plain elsewhere and in CI."""
    stream, story = stream or sys.stderr, Story(addresses)
    in_ci = environ.get("CI", "").lower() not in ("", "0", "false")
    if not stream.isatty() or in_ci or environ.get("TERM", "dumb") in ("dumb", "unknown"):
        return Plain(stream, story)
    from tasks.view.live import Live  # with rich: plain lines do without

    return Live(stream, environ, story)
