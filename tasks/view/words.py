"""Words with styles, for a screen that may be a terminal: rich is imported only where it is one. Text that is safe on it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\n]*?(?:\x1b\\|\x07|\x9c|$)"  # OSC and other strings: titles, links
    r"|\x1b[ -/]*[0-~]?",
    re.MULTILINE,
)

_HIDDEN = re.compile(  # what the host's masks pass over within a value, and no more: host/masking/views.py
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


class Words:
    """Text in pieces, each with a style."""

    def __init__(self, *parts: str | tuple[str, str] | Words) -> None:
        self.parts: list[tuple[str, str]] = []
        for part in parts:
            self.parts += part.parts if isinstance(part, Words) else [(part, "") if isinstance(part, str) else part]

    @property
    def plain(self) -> str:
        return "".join(text for text, _ in self.parts)

    @property
    def cell_len(self) -> int:
        return cell_len(self.plain)

    def styled(self, style: str) -> Words:
        """The same words; those without a style of their own have this one."""
        return Words(*((text, own or style) for text, own in self.parts))

    def rich(self) -> Text:
        """What a console prints."""
        from rich.text import Text

        return Text.assemble(*self.parts)


def cell_len(text: str) -> int:
    """The columns that a text takes on a terminal."""
    if text.isascii() and text.isprintable():
        return len(text)
    from rich.cells import cell_len as measured

    return measured(text)


def clean(text: str) -> str:
    """A line without terminal sequences, control characters, what reorders or hides text; a sign for what else is unseen."""
    if text.isprintable():  # nothing of that is
        return text.rstrip(" ")
    return "".join(map(_visible, _SEQUENCE.sub("", text))).rstrip(" ")


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    return " " if char.isspace() else "" if _HIDDEN.match(char) else "\ufffd"


def duration(seconds: float) -> str:
    """0.3 s, 12 s, 1 min 05 s, 1 h 02 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
