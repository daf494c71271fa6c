"""What an ACL lets a user do, read from the bytes that the kernel keeps: no package of the machine is needed."""

import errno
import os
import struct
from pathlib import Path

USER, GROUP_OBJ, GROUP, MASK, OTHER = 2, 4, 8, 16, 32


def entries(path: Path, kind: str = "access") -> dict[tuple[int, int], int]:
    """The bits of each tag and id; empty where there is no ACL."""
    try:
        raw = os.getxattr(path, f"system.posix_acl_{kind}", follow_symlinks=False)
    except OSError as problem:
        if problem.errno in (errno.ENODATA, errno.EOPNOTSUPP):
            return {}
        raise
    return {(tag, who): bits for tag, bits, who in struct.iter_unpack("<HHI", raw[4:])}


def named(path: Path, user: int, kind: str = "access") -> str:
    """What a user who is named in the ACL may do, after the mask: "rwx", "rw-" and so on; "" for one who is not named."""
    acl = entries(path, kind)
    if (USER, user) not in acl:
        return ""
    mask = next((bits for (tag, _), bits in acl.items() if tag == MASK), 7)
    bits = acl[USER, user] & mask
    return "".join(letter if bits & bit else "-" for letter, bit in (("r", 4), ("w", 2), ("x", 1)))


def all_of(folder: Path) -> dict[str, dict[tuple[int, int], int]]:
    """Every ACL at and below a directory, by path and kind; empty where there are none."""
    found = {}
    for path in (folder, *folder.rglob("*")):
        for kind in ("access", "default") if not path.is_symlink() else ():
            if entries(path, kind):
                found[f"{path.relative_to(folder)} {kind}"] = entries(path, kind)
    return found
