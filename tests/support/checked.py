"""What a check has told: the lines of each level, each with what it says to do; and a live release for it to look at."""

import json
from dataclasses import dataclass
from pathlib import Path

from tests.support.fab import Ran
from tests.support.host import LINK, LocalHost
from tests.support.host import Ran as Program

NAME = f"{LINK}-20260101T000000Z"
LEVELS = ("ok", "warn", "FAIL")


@dataclass(frozen=True)
class Told:
    """Lines as "TEXT -> WHAT TO DO", by level."""

    ok: tuple[str, ...]
    warn: tuple[str, ...]
    fail: tuple[str, ...]

    @property
    def bad(self) -> tuple[str, ...]:
        """All that is not ok."""
        return (*self.warn, *self.fail)

    @classmethod
    def of(cls, lines: list[tuple[str, str, str]]) -> "Told":
        """From (level, text, what to do)."""
        by_level = ([f"{text} -> {do}".removesuffix(" -> ") for level, text, do in lines if level == each] for each in LEVELS)
        ok, warn, fail = map(tuple, by_level)
        return cls(ok, warn, fail)


def told(program: Program) -> Told:
    """What a program told, which must go well."""
    assert program.code == 0, (program.failure, program.texts("tail"), program.stderr)
    return Told.of([(words[0], words[1], words[2]) for words in program.all("check")])


def lay_live(host: LocalHost) -> Path:
    """A live release that was never built: sealed, and empty but for public."""
    folder = host.releases / NAME
    (folder / "public").mkdir(parents=True)
    (folder / "release.json").write_text(json.dumps({"name": NAME, "live_link": LINK}))
    host.live.symlink_to(folder)
    return folder


def shown(fab: Ran) -> Told:
    """What `fab check` showed; a line that is broken is one again."""
    lines: list[tuple[str, str, str]] = []
    for line in fab.out.splitlines():
        level, _, text = line.strip().partition(" ")
        if level in LEVELS:
            lines.append((level, text.strip(), ""))
        elif lines and line.startswith(" " * 8):
            before = lines.pop()
            said = line.strip()
            if said.startswith("do: "):
                lines.append((before[0], before[1], said[4:]))
            elif before[2]:
                lines.append((before[0], before[1], f"{before[2]} {said}"))
            else:
                lines.append((before[0], f"{before[1]} {said}", ""))
    return Told.of(lines)
