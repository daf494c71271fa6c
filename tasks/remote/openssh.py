"""ssh_config as ssh itself reads it: `ssh -G` prints what it says of one server.

ssh takes the home from passwd, and this tool from HOME: where they differ, ssh is given the files to read, and what it has
expanded is brought home.
"""

import glob
import os
import pwd
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tasks.remote.jump import Jump
from tasks.remote.program import Run, run
from tasks.remote.settings import Settings, settings

SECONDS = 10.0
"""For one `ssh -G`: a `Match exec` may wait for anything."""

LOOP, DIRECTLY = "jumphost loop", ("-o", "ProxyCommand=none")
"""What ssh refuses, under `Host *`, for a bastion that would be reached over itself; this tool reaches it directly."""

LISTS = frozenset({"identityfile", "certificatefile"})
NO_IDENTITY = ("-o", "IdentityFile=/dev/null/none")
"""Given first, so that ssh does not add its usual names to those that ssh_config has."""


class Files(NamedTuple):
    """The files that are read: one that was named, in place of the user's and everybody's; or none."""

    named: Path | None = None
    usual: tuple[Path, ...] = ()


def program() -> str | None:
    """The path of ssh; None where there is none, or it does not know this user."""
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        return None
    found = (os.path.join(folder, "ssh") for folder in os.get_exec_path())  # noqa: PTH118
    return next((file for file in found if os.access(file, os.X_OK)), None)  # shutil brings every compression with it


class OpenSsh:
    """Asks ssh, once for each server."""

    def __init__(self, ssh: str, files: Files, seconds: float = SECONDS, run: Run = run) -> None:
        self._ssh, self._files, self._seconds, self._run = ssh, files, seconds, run

    def __call__(self, jump: Jump) -> Settings:
        """What it says of this server. Raises ValueError, with what ssh printed."""
        found = parsed(self._printed(jump))
        found["identityfile"] = found["identityfile"][1:] or None
        found["globalknownhostsfile"] = apart(found.get("globalknownhostsfile", ""))
        at_home = Home()
        users = [at_home(name) for name in apart(found.get("userknownhostsfile", ""))]
        agent = found.get("identityagent")
        return settings(jump, found, users, at_home(agent) if agent else None)

    def _printed(self, jump: Jump) -> str:
        user = ["-l", jump.user] if jump.user else []
        port = ["-p", str(jump.port)] if jump.port else []
        words = [*NO_IDENTITY, *user, *port, "--", jump.name]
        with _given(self._files) as files:
            code, out, said = self._run([self._ssh, "-G", "-T", *files, *words], self._seconds)
            if code and LOOP in said:
                code, out, said = self._run([self._ssh, "-G", "-T", *files, *DIRECTLY, *words], self._seconds)
        if code is None:
            raise ValueError(f"`ssh -G {jump.name}` did not end within {self._seconds:g} s; a Match exec that waits?")
        if code:
            raise ValueError("\n".join(filter(None, map(str.strip, said.split("\n")))) or f"`ssh -G` ended with {code}")
        return out


def parsed(printed: str) -> dict[str, Any]:
    """The keywords of `ssh -G` and their values; those that may come several times are lists."""
    found: dict[str, Any] = {}
    for line in printed.split("\n"):
        key, _, value = line.partition(" ")
        if key in LISTS:
            found.setdefault(key, []).append(value)
        elif key:
            found.setdefault(key, value)
    return found


def apart(printed: str) -> list[str]:
    """The paths of a line of `ssh -G`, which has lost their quotes: a path that begins anew is another one."""
    return list(_apart(re.split(r" (?=[/~])", printed))) if printed else []


def _apart(pieces: Iterable[str]) -> Iterator[str]:
    for piece in pieces:
        yield from [piece] if piece.startswith(("/", "~")) or Path(piece).exists() else piece.split()


@contextmanager
def _given(files: Files) -> Iterator[list[str]]:
    """The arguments that make ssh read these files, and no others. ssh may read them twice. Raises ValueError."""
    if files.named:
        yield ["-F", str(files.named)]
    elif files.usual == USUAL_FILES and not Home().differs:
        yield []
    else:
        file = Path(os.environ.get("TMPDIR") or "/tmp", f"fab-ssh-{os.urandom(8).hex()}")  # noqa: S108 created anew, below
        included = b"".join(map(_included, filter(Path.is_file, map(Path.expanduser, files.usual))))
        try:
            _write_new(file, included)  # tempfile brings every compression with it
            yield ["-F", str(file)]
        finally:
            file.unlink(missing_ok=True)


def _write_new(file: Path, data: bytes) -> None:
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
            written.write(data)
    except OSError as error:
        raise ValueError(f"no file can be written for ssh: {error}") from error


USUAL_FILES = (Path("~/.ssh/config"), Path("/etc/ssh/ssh_config"))


def _included(path: Path) -> bytes:
    text = glob.escape(str(path)).replace("\\", "\\\\").replace('"', '\\"')
    return f'Include "{text}"\n'.encode("utf-8", "surrogateescape")


class Home:
    """HOME, and the home in passwd. A path that ssh has expanded is called with, and returned below HOME."""

    def __init__(self) -> None:
        self._home = os.path.expanduser("~")  # noqa: PTH111 as written in HOME
        self._passwd = pwd.getpwuid(os.getuid()).pw_dir
        self.differs = os.path.realpath(self._home) != os.path.realpath(self._passwd)

    def __call__(self, path: str) -> str:
        inside = path.startswith(self._passwd.rstrip("/") + "/")
        return self._home + path[len(self._passwd.rstrip("/")) :] if self.differs and inside else path
