"""A live release for check to look at, and the lines of a phase or of the verb."""

import json
from pathlib import Path

from tests.support.fab import Ran
from tests.support.host import LINK, LocalHost
from tests.support.lines import LEVELS, Lines
from tests.support.talk import Ran as Phase

NAME = f"{LINK}-20260101T000000Z"


def lines(phase: Phase) -> Lines:
    """The lines of a phase, which must go well."""
    assert phase.code == 0, (phase.failure, phase.texts("tail"), phase.stderr)
    return Lines.of(phase.all("check"))


def lay_live(host: LocalHost) -> Path:
    """A live release that was never built: sealed, and empty but for public."""
    folder = host.releases / NAME
    (folder / "public").mkdir(parents=True)
    (folder / "release.json").write_text(json.dumps({"name": NAME, "live_link": LINK}))
    host.live.symlink_to(folder)
    return folder


def shown(fab: Ran) -> Lines:
    """The lines that `fab check` showed; a line that is broken is one again."""
    found: list[tuple[str, str, str]] = []
    for line in fab.out.splitlines():
        level, _, text = line.strip().partition(" ")
        if level in LEVELS:
            found.append((level, text.strip(), ""))
        elif found and line.startswith(" " * 8):
            found.append(joined(found.pop(), line.strip()))
    return Lines.of(found)


def joined(line: tuple[str, str, str], more: str) -> tuple[str, str, str]:
    """A line and what follows it, broken off or what to do."""
    level, text, todo = line
    if more.startswith("do: "):
        return level, text, more.removeprefix("do: ")
    return (level, text, f"{todo} {more}") if todo else (level, f"{text} {more}", "")
