"""Where the processes of other users have their files, by one command of root's that takes no argument of anybody's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from tasks.host import programs

FIND = ["find", "/proc", "-mindepth", "2", "-maxdepth", "2", "-name", "[ce][wx][de]", "-printf", "%l///", "-print0"]
"""Prints what cwd and exe of every process point to, and which link it is: a rule of sudoers for it has no wildcard."""

LINK = re.compile(r"([^\0]+?)////proc/([0-9]+)/(?:cwd|exe)\0")

TITLE = re.compile("php-fpm: |nginx: ")  # of a program that has set its title itself
INTERPRETER = re.compile(r"(?:php|python|perl|ruby|node|bun|bash|dash|sh)[\d.]*")


def shown(arguments: str) -> str:
    """The program of a command line, and of an interpreter the script: what follows may be a secret."""
    words = [*arguments.split()[:2], "-", "-"]
    program = os.path.basename(words[0]) if arguments.strip() else "no arguments"
    if TITLE.match(arguments):
        return arguments[:60].strip()
    return program if words[1].startswith("-") or not INTERPRETER.fullmatch(program) else f"{program} {words[1]}"


def read(seconds: float, errors: int) -> list[tuple[int, str]]:
    """Each process by its pid, with its working directory or its executable; what sudo prints besides goes to a descriptor."""
    done = programs.run(["sudo", "-n", *FIND], seconds=seconds, errors=errors, cwd="/")
    return list(_links(os.fsdecode(done.output)))


def _links(text: str) -> Iterator[tuple[int, str]]:
    for found in LINK.finditer(text):
        yield int(found[2]), found[1]
