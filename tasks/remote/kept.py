"""What a host has kept of the host program, remembered between runs: a run that begins with it sends no modules.

The bootstrap runs it only when its SHA-256 is the remembered one, which covers the version of the interpreter too.
"""

import json
import re
from collections.abc import Iterable
from typing import NamedTuple

from tasks.config import cache
from tasks.remote import packing

BOOTSTRAP = (
    "import sys,io,hashlib as h,marshal as m;b=io.FileIO(bytes.fromhex(sys.argv[1])).readall();"
    "p=h.sha256(b+sys.version.encode()).hexdigest()==sys.argv[2]and m.loads(b);exec(p[0]);converse(*p[1:])"
)
"""Ends with a traceback, before anything is run, where the file is not there or is another one."""

REPORTED = re.compile(r"([0-9a-f]{64}) (/.+)", re.DOTALL)


class Kept(NamedTuple):
    """A program on a host: its SHA-256, its path there, the modules in it."""

    digest: str
    path: str
    modules: frozenset[str]

    @property
    def command(self) -> str:
        """The command line that starts it; the path is written so that every login shell passes it on."""
        return f'exec python3 -I -S -c "{BOOTSTRAP}" {self.path.encode().hex()} {self.digest}'


class Memory:
    """What one place has kept: of a user, on a host, for a live link. Another version of this tool remembers nothing of it."""

    def __init__(self, *place: object) -> None:
        self._source = packing.digest() + repr(place).encode()

    def recall(self) -> Kept | None:
        """The program that is there, as far as is known."""
        found = json.loads(cache.read("kept", self._source) or b"null")
        return found and Kept(found[0], found[1], frozenset(found[2]))

    def take(self, reported: str, modules: Iterable[str]) -> None:
        """Remember what a host reports that it has kept: a digest and a path."""
        if match := REPORTED.fullmatch(reported):
            cache.write("kept", self._source, json.dumps([*match.groups(), sorted(modules)]).encode())
