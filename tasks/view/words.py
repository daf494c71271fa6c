"""Words with styles, for a screen that may be a terminal: rich is imported only where it is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text


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
