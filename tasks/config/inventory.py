"""hosts.yml: which file it is, and the environments that it holds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from tasks.config.words import nearest, shown
from tasks.errors import UsageError, typed

if TYPE_CHECKING:
    from tasks.config.mistakes import Mistake
    from tasks.config.models import Environment

PROJECT = Path(__file__).resolve().parents[2]
SANDBOX = "sandbox"
LARGEST_FILE = 4 << 20
UNTOUCHED = "No host was touched."
CHOOSE = "# set HOSTS_FILE to the hosts.yml to use"
MOST_LINES = 50


class Inventory(NamedTuple):
    """The environments of one hosts.yml, in the order of the file."""

    path: Path
    environments: Mapping[str, Environment]

    def environment(self, name: str | None) -> Environment:
        """The environment of this name, or an error with the names there are."""
        if name and name in self.environments:
            return self.environments[name]
        wrong = f"no environment {shown(name)} there{nearest(name, self.environments)}" if name else "no environment named"
        names = ", ".join(self.environments)
        raise UsageError(f"{wrong}: {self.path} has {names}", next=typed("fab", "-H", next(iter(self.environments)), "VERB"))


def find_hosts_file(name: str | None, cwd: Path, *, project: Path = PROJECT) -> Path:
    """HOSTS_FILE where it is set; for -H sandbox the file that sandbox.start wrote; else hosts.yml beside the fabfile."""
    if chosen := os.environ.get("HOSTS_FILE"):
        return cwd / _at_home(chosen)
    if name != SANDBOX:
        return project / "hosts.yml"
    found = sandbox_folder(cwd, project) / "hosts.yml"
    if not found.is_file():
        raise UsageError(f"the sandbox is not running: there is no {found}", next="fab sandbox.start")
    return found


def sandbox_folder(cwd: Path, project: Path = PROJECT) -> Path:
    """Where the sandbox of this project lies: $SANDBOX_DIR, or .sandbox beside the fabfile."""
    chosen = os.environ.get("SANDBOX_DIR")
    return cwd / _at_home(chosen) if chosen else project / ".sandbox"


def _at_home(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)  # nobody's home: no such file is an answer that can be understood


def load(path: Path) -> Inventory:
    """The inventory in a file, or one error that names every mistake in it."""
    return Inventory(path, parse(path, content(path)))


def parse(path: Path, data: bytes) -> Mapping[str, Environment]:
    """The environments that this content of the file holds. Raises UsageError with every mistake in it."""
    from tasks.config.assembly import assemble  # with YAML and pydantic: most runs have a parsed form already
    from tasks.config.document import Unreadable, read

    try:
        document, mistakes = read(data)
    except Unreadable as error:
        raise UsageError(f"{path}: {error}", state=UNTOUCHED) from None
    environments, more = assemble(document)
    if mistakes or more:
        raise _report(path, [*mistakes, *more])
    return MappingProxyType(environments)


def content(path: Path) -> bytes:
    """The bytes of the file. Raises UsageError where they cannot be read, or are too many."""
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise UsageError(f"{path}: not a file, so it is not read", state=UNTOUCHED, next=CHOOSE)
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        hint = CHOOSE if isinstance(error, FileNotFoundError) else ""
        raise UsageError(f"{path}: cannot be read: {error.strerror}", state=UNTOUCHED, next=hint) from None
    if len(data) > LARGEST_FILE:
        raise UsageError(f"{path}: more than {LARGEST_FILE >> 20} MB, which no hosts.yml is", state=UNTOUCHED)
    return data


def _report(path: Path, mistakes: list[Mistake]) -> UsageError:
    lines = list(dict.fromkeys(map(str, mistakes)))
    count = "1 mistake" if len(lines) == 1 else f"{len(lines)} mistakes"
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"and {len(lines) - MOST_LINES} more"]
    return UsageError(f"{path} has {count}", details=lines, state=UNTOUCHED, next=f"# correct {path}, and run the same again")
