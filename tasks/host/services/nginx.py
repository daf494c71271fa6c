"""The nginx of a service, and the test of its configuration."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tasks.host.services.service import executable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.host.services.service import Unit


def tests(units: Iterable[Unit]) -> list[list[str]]:
    """The commands that test the configuration of the units that are an nginx."""
    found = [words for words in map(executable, units) if words and os.path.basename(words[0]) == "nginx"]
    named = [[word for flag in ("-c", "-p") if flag in words for word in words[words.index(flag) :][:2]] for words in found]
    return [[words[0], *more, "-t"] for words, more in zip(found, named)]
