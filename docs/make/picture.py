"""docs/deploy.svg: a deploy to three embedded hosts on a terminal of 100 columns: `python -m docs.make.picture FILE`."""

import io
import os
import pty
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 100
BEFORE = ("fab sandbox.stop", "fab sandbox.start --hosts 3", "fab -H sandbox setup", "fab -H sandbox deploy --ref v1.0")
SHOWN = "fab -H sandbox deploy --ref master"
TERMINAL = {"TERM": "xterm-256color", "COLUMNS": str(WIDTH), "LINES": "50"}
NOT_OURS = ("CI", "NO_COLOR", "HOSTS_FILE")
CONTROL = re.compile(r"(\n|\r|\x1b\[2K|\x1b\[1A|\x1b\[\?25[lh])")
ELSEWHERE = re.compile(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", re.DOTALL)
FONT = "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace"


def recorded(words: Sequence[str]) -> str:
    """What a command prints on a terminal. It is shown on this one too."""
    printed = bytearray()

    def read(descriptor: int) -> bytes:
        block = os.read(descriptor, 1 << 16)
        printed.extend(block)
        return block

    if pty.spawn(words, read):
        raise SystemExit("the command failed, and there is no new picture")
    return printed.decode()


def kept(printed: str) -> list[str]:
    """The lines that stay. What is drawn below them is erased before it is drawn again, line by line, upwards."""
    lines, row = [""], 0
    for part in CONTROL.split(printed):
        if part == "\n":
            row += 1
            lines.extend([""] * (row + 1 - len(lines)))
        elif part == "\x1b[1A":
            row -= 1
        elif part == "\x1b[2K":
            lines[row] = ""
        elif not CONTROL.fullmatch(part):
            lines[row] += part
    return lines


def drawn(title: str, lines: Sequence[str]) -> str:
    """The picture, with everything in itself: without the fonts that a server would be asked for."""
    console = Console(file=io.StringIO(), record=True, width=WIDTH, force_terminal=True, color_system="truecolor", _environ={})
    console.print(Text.from_ansi("\n".join(lines).rstrip()), highlight=False)
    svg = console.export_svg(title=title, unique_id="release")
    return ELSEWHERE.sub("", svg).replace("Fira Code, monospace", FONT)


if __name__ == "__main__":
    os.environ.update(TERMINAL)
    for name in NOT_OURS:
        os.environ.pop(name, None)
    for command in BEFORE:
        subprocess.run(command.split(), check=True)
    Path(sys.argv[1]).write_text(drawn(SHOWN, kept(recorded(SHOWN.split()))), encoding="utf-8")
    subprocess.run(["fab", "sandbox.stop"], check=True)
