"""POSIX ACLs of open files, as the kernel keeps them: in an extended attribute."""

from __future__ import annotations

import os
import struct

USER_OBJ, USER, GROUP_OBJ, GROUP, MASK, OTHER = 1, 2, 4, 8, 16, 32
"""The tags of entries."""
NOBODY = 0xFFFFFFFF
"""The id in an entry that is for no user or group of its own."""
_ENTRY = struct.Struct("<HHI")


def by_mode(mode: int) -> dict[tuple[int, int], int]:
    """The ACL that a mode stands for."""
    return {(tag, NOBODY): mode >> shift & 7 for tag, shift in ((USER_OBJ, 6), (GROUP_OBJ, 3), (OTHER, 0))}


def read(file: int | str, kind: str = "access") -> dict[tuple[int, int], int] | None:
    """The `access` or `default` ACL: rwx bits by tag and id. None where there is none, or no such thing on this filesystem."""
    try:
        raw = os.getxattr(file, f"system.posix_acl_{kind}")
    except OSError:
        return None
    return {(tag, who): bits for tag, bits, who in _ENTRY.iter_unpack(raw[4:])}


def write(file: int, entries: dict[tuple[int, int], int], kind: str = "access") -> None:
    """Set an ACL; the kernel wants an entry for each of the three owners, and a mask beside any other. Raises OSError."""
    packed = [_ENTRY.pack(tag, bits, who) for (tag, who), bits in sorted(entries.items())]
    os.setxattr(file, f"system.posix_acl_{kind}", struct.pack("<I", 2) + b"".join(packed))  # its version
