"""An error on stderr: what happened, its details, the state that the hosts are in, and what to type next."""

import os
import sys
from collections.abc import Mapping
from typing import TextIO

from tasks.errors import ReleaseError
from tasks.view.page import Page
from tasks.view.text import clean
from tasks.view.words import words


def show_error(error: ReleaseError, stream: TextIO | None = None, environ: Mapping[str, str] = os.environ) -> None:
    """Everything that the error has to say, in the order in which it is needed."""
    page = Page(stream or sys.stderr, environ)
    first, *more = [clean(line) for line in error.what.splitlines()] or [type(error).__name__]
    page.line(words(("error: ", "bold red"), (first, "bold red")))
    for line in more:
        page.line(line, indent="  ")
    for line in error.details:
        page.line(clean(line), "dim", indent="  ")
    for line in error.state.splitlines():
        page.line(clean(line))
    if error.next:
        page.line(words("next: ", (clean(error.next), "bold")))
