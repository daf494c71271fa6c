"""The sites that are released: a git repository on the host, and a clone to commit in."""

import random
import shutil
from pathlib import Path

from tests.support.fab import git

BRANCH = "master"
A_FOLDER = 50  # files in one folder
CHANGED = 5  # files in one commit
AUTHOR = ("-c", "user.name=Anna", "-c", "user.email=anna@example.com")


class Repository:
    """A repository in `folder`, which the host sees as `url`. `files` is how many there are in it."""

    def __init__(self, folder: Path, name: str, files: int, size: int) -> None:
        self.url, self.files = f"file:///srv/{name}.git", files
        self._folder, self._size, self._chance = folder, size, random.Random(name)  # noqa: S311
        self._origin, self._clone = folder / f"host/srv/{name}.git", folder / f"clone-{name}"
        self._origins = [self._origin]

    @classmethod
    def create(cls, folder: Path, name: str, files: int, size: int = 10_000) -> "Repository":
        """A repository with so many files of `size` bytes, and one more, index.php."""
        made = cls(folder, name, files + 1, size)
        for path, bare in ((made._origin, ("--bare",)), (made._clone, ())):
            git(folder, "init", "--quiet", *bare, f"--initial-branch={BRANCH}", str(path))
        made._write("index.php", "<?php echo 'hello';\n")
        for number in range(files):
            made._write(_name(number), made._text())
        made._commit()
        return made

    def copy(self, name: str) -> "Repository":
        """Another repository with the same commits."""
        other = Repository(self._folder, name, self.files, self._size)
        for mine, its in ((self._origin, other._origin), (self._clone, other._clone)):
            shutil.copytree(mine, its)
        return other

    def be_on(self, folder: Path) -> None:
        """Be on the host of this folder too, at the same URL: from here on it gets every commit."""
        other = folder / "host/srv" / self._origin.name
        shutil.copytree(self._origin, other)
        self._origins.append(other)

    def push(self) -> None:
        """A commit of five changed files."""
        for _ in range(CHANGED):
            self._write(_name(self._chance.randrange(self.files - 1)), self._text())
        self._commit()

    def _commit(self) -> None:
        git(self._clone, "add", "--all")
        git(self._clone, *AUTHOR, "commit", "--quiet", "--message=a change")
        for origin in self._origins:
            git(self._clone, "push", "--quiet", str(origin), BRANCH)

    def _text(self) -> str:
        return self._chance.randbytes(self._size // 2).hex() + "\n"

    def _write(self, name: str, text: str) -> None:
        file = self._clone / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def _name(number: int) -> str:
    return f"src/{number // A_FOLDER}/{number}.php"
