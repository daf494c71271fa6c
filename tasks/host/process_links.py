"""Where the processes of other users have their files, by one command of root's that takes no argument of anybody's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from tasks.host import programs

FIND = ["find", "/proc", "-mindepth", "2", "-maxdepth", "2", "-name", "[ce][wx][de]", "-printf", "%l///", "-print0"]
"""Prints what cwd and exe of every process point to, and which link it is: a rule of sudoers for it has no wildcard."""

LINK = re.compile(r"([^\0]+?)////proc/([0-9]+)/(?:cwd|exe)\0")


def read(seconds: float, errors: int) -> list[tuple[int, str]]:
    """Each process by its pid, with its working directory or its executable; what sudo prints besides goes to a descriptor."""
    done = programs.run(["sudo", "-n", *FIND], seconds=seconds, errors=errors, cwd="/")
    return list(_links(os.fsdecode(done.output)))


def _links(text: str) -> Iterator[tuple[int, str]]:
    for found in LINK.finditer(text):
        yield int(found[2]), found[1]
