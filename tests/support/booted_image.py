"""The disk that booted hosts start from: made once by the recipe in booted_host/image, and kept until the recipe changes."""

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

PARTS = Path(__file__).parent / "booted_host"
RECIPE = PARTS / "image"
FRONT = Path(__file__).parent / "symfony"
PATH = f"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:{os.environ['PATH']}"
NEEDED = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "npm": "npm",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "git": "git",
}
DIGITS = 16
_held = ExitStack()


def missing() -> str:
    """What this machine lacks to boot hosts, and how to get it; "" when nothing."""
    packages = sorted({package for tool, package in NEEDED.items() if not shutil.which(tool, path=PATH)})
    said = ["these tests boot hosts with users of their own: run them as root"] if os.geteuid() else []
    if packages:
        said.append(f"missing here: apt-get install {' '.join(packages)}")
    return "; ".join(said)


def image() -> Path:
    """The disk, made when there is none of this recipe; nobody removes it as long as this process lives.

    Raises AssertionError with the end of the log when it cannot be made.
    """
    folder = cache()
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / digest()
    with _locked(folder / "lock", fcntl.LOCK_EX):
        for left in folder.glob("*.new"):
            shutil.rmtree(left)
        if not made.exists():
            _make(made, folder / "build.log")
        for other in set(folder.glob("[0-9a-f]" * DIGITS)) - {made}:
            _remove_unless_held(other)
        _held.enter_context(_locked(made, fcntl.LOCK_SH))
    return made


def cache() -> Path:
    """Where disks are kept, from run to run."""
    return Path(os.environ.get("HOST_IMAGE_CACHE") or Path(_home(), ".cache", "symfony-release-hosts"))


def digest() -> str:
    """Of every file that decides what is on the disk."""
    said = hashlib.sha256()
    for file in (*sorted(RECIPE.iterdir()), FRONT / "package.json", FRONT / "bun.lock"):
        said.update(f"{file.name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return said.hexdigest()[:DIGITS]


def _make(made: Path, log: Path) -> None:
    new = made.with_suffix(".new")
    new.mkdir()
    new.chmod(0o755)
    # It ends with whoever asked for it, and its mounts with it.
    isolated = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
    with log.open("wb") as output:
        done = subprocess.run(
            [*isolated, "bash", RECIPE / "build.sh", new, FRONT],
            env={**os.environ, "PATH": PATH, "HOME": _home()},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
    said = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
    assert done.returncode == 0, f"the image of the test hosts could not be made; the end of {log}:\n{said}"
    new.rename(made)


def _remove_unless_held(disk: Path) -> None:
    try:
        with _locked(disk, fcntl.LOCK_EX | fcntl.LOCK_NB):
            doomed = disk.rename(disk.with_suffix(".new"))
    except BlockingIOError:
        return
    shutil.rmtree(doomed)


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    """The kernel's lock on a file, which is made, or on a directory."""
    descriptor = os.open(path, os.O_RDONLY | (0 if path.is_dir() else os.O_CREAT), 0o644)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def _home() -> str:
    """The home of whoever runs the tests; HOME is another one in a test."""
    return pwd.getpwuid(os.getuid()).pw_dir


if __name__ == "__main__":
    image()
