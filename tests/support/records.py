"""Releases and a history that a test writes, and what the host program makes of them: cheap enough for thousands of both."""

import json
import os
from typing import Any

from tasks.host import releases, state
from tests.functions.made import Made
from tests.support.host import LINK, LocalHost


class LocalRecords:
    """A releases directory and a history, each line and seal as a test wants it."""

    def __init__(self, host: LocalHost) -> None:
        self.host = host
        host.state_dir.mkdir(parents=True, exist_ok=True)
        host.releases.mkdir(exist_ok=True)

    def run(self, verb: str = "release", **about: Any) -> Made:
        """A new run on this host, whose steps are called in this process."""
        os.environ["HOME"] = str(self.host.home)
        return Made(verb=verb, **about)

    def state(self) -> dict[str, Any]:
        """What the host reports; it must not fail, whatever history contains."""
        return state.state(self.run("status"), whole=True)

    def previous(self) -> str:
        """What a rollback would go to."""
        return releases.previous(self.run("rollback"))

    def make(self, name: str, **about: Any) -> None:
        """A sealed release on disk, with more in its seal, and without a line in history."""
        folder = self.host.releases / name
        folder.mkdir()
        (folder / "release.json").write_text(json.dumps({"name": name, "live_link": LINK, **about}))

    def write(self, *entries: dict[str, str]) -> None:
        """Lines of history."""
        with (self.host.state_dir / "history").open("a") as history:
            history.writelines(json.dumps({"v": 1, "at": "2026-01-01T00:00:00Z", **entry}) + "\n" for entry in entries)

    def sealed(self, *numbers: int) -> list[str]:
        """Sealed releases with a page in each, as builds leave them: their names."""
        for number in numbers:
            self.make(name(number), commit="c" * 40)
            (self.host.releases / name(number) / "index.html").write_text("hello\n")
            self.write({"event": "sealed", "name": name(number)})
        return [name(number) for number in numbers]

    def released(self, *numbers: int) -> list[str]:
        """Such releases, each of which went live in turn."""
        names = self.sealed(*numbers)
        for before, after in zip(["", *names], names, strict=False):
            self.write({"event": "done", "verb": "release", "name": after, "from": before})
        self.link(names[-1])
        return names

    def link(self, name: str) -> None:
        """Point the live link at a release."""
        self.host.live.unlink(missing_ok=True)
        self.host.live.symlink_to(self.host.releases / name)


def name(number: int) -> str:
    """The names of releases: later for larger numbers."""
    return f"{LINK}-2026{number // 1000 + 1:02}{number // 100 % 10 + 1:02}T{number % 100 // 60:02}{number % 60:02}00Z"


SEALED = {letter: name(number) for number, letter in enumerate("ABCD")}
"""Releases that a host of a test has."""


def play(records: LocalRecords, moves: str) -> None:
    """Write down, and link, what these moves do; ~ is a rollback that is put back, as another host could not move."""
    live = before = ""
    for move in moves.split():
        verb = "rollback" if move[0] in "<~" else "deploy"
        to = move.strip("<!~")
        target = SEALED[to] if to else before if move == "~" else str(records.state()["previous"])
        back = {"put_back": {"!": "yes", "~": "untouched"}[move]} if move in "!~" else {}
        before = live
        records.write({"event": "done", "verb": verb, "name": target, "from": live, **back})
        records.link(target)
        live = target
