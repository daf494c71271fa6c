"""Places that a user cannot write, read or rename into: one clear error, nothing half done, and then as before."""

import pytest

from tests.support.acme import Acme

HOME = "/home/ftsuser"
STATE, RELEASES = f"{HOME}/builds/source", f"{HOME}/releases"

SPOILT = {
    "releases on another filesystem": (
        f"mount -t tmpfs -o uid=$(id -u ftsuser),mode=755 none {RELEASES}",
        f"umount --lazy {RELEASES}",
        "are on different filesystems",
    ),
    "new releases on another filesystem": (
        f"mv {RELEASES} {HOME}/kept && mkdir {RELEASES} && mount -t tmpfs -o uid=$(id -u ftsuser),mode=755 none {RELEASES} && "
        f"cp -a {HOME}/kept/. {RELEASES}/",
        f"umount --lazy {RELEASES} && rmdir {RELEASES} && mv {HOME}/kept {RELEASES}",
        "are on different filesystems: a build could not be moved in one step",
    ),
    "releases that are read-only": (
        f"mount --bind {RELEASES} {RELEASES} && mount -o remount,ro,bind {RELEASES}",
        f"umount --lazy {RELEASES}",
        f"{RELEASES} cannot be written to by ftsuser",
    ),
    "releases of somebody else": (
        f"chown root: {RELEASES}",
        f"chown ftsuser: {RELEASES}",
        f"{RELEASES} cannot be written to by ftsuser",
    ),
    "a home of somebody else": (
        f"chown root: {HOME} && chmod 755 {HOME}",
        f"chown ftsuser: {HOME}",
        f"{HOME} cannot be written to by ftsuser",
    ),
    "a history that cannot be read": (
        f"chmod 0 {STATE}/history",
        f"chmod 644 {STATE}/history",
        f"{STATE}/history cannot be read",
    ),
    "a lock of somebody else": (
        f"chown root: {STATE}/lock && chmod 600 {STATE}/lock",
        f"chown ftsuser: {STATE}/lock",
        f"cannot write to {STATE}",
    ),
    "a seal that cannot be read": (
        f"chmod 0 {HOME}/source/release.json",
        f"chmod 644 {HOME}/source/release.json",
        "release.json cannot be read or written: Permission denied",
    ),
    "logs of somebody else": (
        f"chown root: {STATE}/logs",
        f"chown ftsuser: {STATE}/logs",
        f"cannot write to {STATE}",
    ),
    "a repository of somebody else": (
        f"chown -R root: {HOME}/builds/repo.git",
        f"chown -R ftsuser: {HOME}/builds/repo.git",
        "repo.git",
    ),
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_place_that_cannot_be_used_is_named_and_nothing_is_half_done(acme: Acme, what: str) -> None:
    spoil, mend, said = SPOILT[what]
    acme.deploy()
    acme.host.sh(spoil)
    refused = acme.deploy(code=3).err
    assert said in refused
    assert "next: " in refused
    assert "Traceback" not in refused
    acme.host.sh(mend)
    first = acme.live
    acme.deploy()
    assert acme.live != first
    assert acme.page() == "first"
    assert acme.status["previous"] == first
