"""What is going on when a fault befalls a run: the run, the site, and those who ask it all the time."""

import random
from contextlib import ExitStack
from dataclasses import dataclass

from tests.support.chaos_looks import Look
from tests.support.chaos_site import ChaosSite
from tests.support.chaos_typed import Typed
from tests.support.load.request import Request
from tests.support.load.running import Load, load_on


class Visitors:
    """They ask the site, on the host itself, so that a link that is cut is not theirs."""

    def __init__(self, site: ChaosSite) -> None:
        self._site, self._stack, self._loads = site, ExitStack(), list[Load]()

    def come(self) -> None:
        """From now on every request must be answered."""
        entered = ("nsenter", f"--target={self._site.host.init}", "--net", "--")
        self._loads.append(self._stack.enter_context(load_on("127.0.0.1", 80, {"fast": 1}, lambda words: [*entered, *words])))

    def leave(self) -> None:
        """The last requests are answered."""
        self._stack.close()

    @property
    def requests(self) -> list[Request]:
        """What they have asked, once they have left."""
        return [request for load in self._loads for request in load.requests]


@dataclass
class Scene:
    """A run of fab that has stopped at a place. `theirs`: the host after a colleague's deploy, where a fault brings one."""

    site: ChaosSite
    typed: Typed
    visitors: Visitors
    dice: random.Random
    theirs: Look | None = None
