"""The modules of the host program, as boot.py has them: what a conversation and a job need of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType
    from typing import Protocol

    class Packed(Protocol):
        """The importer of boot.py, which imports them in turn."""

        sources: dict[str, str]
        codes: dict[str, bytes]
        grown: bool

        def add(self, packed: bytes) -> None:
            """Take in more modules."""

        def code(self, name: str) -> CodeType:
            """A module's code."""
