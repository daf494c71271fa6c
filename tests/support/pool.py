"""The asset pool of a host without a network: releases with hashed files, and the functions of the host program on it."""

from pathlib import Path
from typing import Any

from tasks.host.assets import ageing, exchange, pool
from tasks.host.run import Protection
from tests.functions.made import Made
from tests.support.host import LINK, LocalHost
from tests.support.records import LocalRecords, name

PATHS = ["public/build"]
OLD, NEW, BOTH = "app.0000000a.js", "app.0000000b.js", "runtime.d94b3b43.js"


class Pooled:
    """A host with releases, each of which has these files below public/build, and the pool of it."""

    def __init__(self, host: LocalHost) -> None:
        self.host, self.records = host, LocalRecords(host)
        self.root = host.home / "assets" / LINK

    def make(self, number: int, *files: str, text: str = "") -> Path:
        """A sealed release; each file has its name, or this text, as its content."""
        self.records.make(name(number), commit="c" * 40)
        folder = self.host.releases / name(number)
        for file in files:
            place = folder / PATHS[0] / file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text or file)
        self.records.write({"event": "sealed", "name": name(number)})
        return folder

    def live(self, number: int, before: int | None = None) -> None:
        """A release goes live."""
        self.records.link(name(number))
        origin = "" if before is None else name(before)
        at = f"2026-01-{number + 1:02}T00:00:00Z"
        self.records.write({"event": "done", "verb": "release", "name": name(number), "from": origin, "at": at})

    def run(self, number: int | None = None) -> Made:
        """A run that is about a release."""
        run = self.records.run(release="" if number is None else name(number))
        run.lock = Protection()
        return run

    def fill(self, number: int | None = None, paths: list[str] = PATHS) -> Made:
        """Fill the pool for a release."""
        pool.fill(run := self.run(number), paths)
        return run

    def ensure(self, number: int | None = None) -> Made:
        """The same in a rollback."""
        pool.ensure(run := self.run(number), PATHS)
        return run

    def age(self, keep: int = 2) -> Made:
        """What prune does."""
        ageing.age(run := self.run(), keep, PATHS)
        return run

    def names(self, number: int) -> list[Any]:
        """The lines of `names`."""
        exchange.names(run := self.run(number), PATHS)
        return [event[1] for event in run.events if event[0] == "text"]

    @property
    def files(self) -> set[str]:
        """What is in the pool, without public/build before it."""
        there = (path for path in self.root.rglob("*") if not path.is_dir())
        return {str(path.relative_to(self.root)).removeprefix(f"{PATHS[0]}/") for path in there}

    def path(self, file: str) -> Path:
        """Where a file is in the pool."""
        return self.root / PATHS[0] / file


def warnings(run: Made) -> list[str]:
    """What a run has warned of."""
    return [event[1] for event in run.events if event[0] == "warn"]
