"""POSIX ACLs of open files, as the kernel keeps them: in an extended attribute."""

from __future__ import annotations

import os
import struct
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Tuple

    Entries = Mapping[Tuple[int, int], int]
    """The rwx bits by tag and id."""

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


def keep(source: int, copied: int) -> None:
    """Give a copy the access ACL of its source, or none where that has none: a directory gives one to what is made in it."""
    entries = read(source)
    if entries or read(copied):
        write(copied, entries or by_mode(os.fstat(source).st_mode))


def may(entries: Entries, about: os.stat_result, group: int, user: int, groups: Collection[int], bits: int) -> bool:
    """Whether a user in these groups may do this, were `group` the group of the file.

    As acl(5) has it: the owner, then users by name, then any of this user's groups, then the others.
    """
    mask = entries.get((MASK, NOBODY), 7)
    if user == about.st_uid:
        return entries.get((USER_OBJ, NOBODY), 0) & bits == bits
    if (USER, user) in entries:
        return entries[USER, user] & mask & bits == bits
    owning = [entries.get((GROUP_OBJ, NOBODY), 0)] if group in groups else []
    found = owning + [each for (tag, who), each in entries.items() if tag == GROUP and who in groups]
    return any(each & mask & bits == bits for each in found) if found else entries.get((OTHER, NOBODY), 0) & bits == bits
