"""A git origin that a test writes the history of: commits, branches, tags, submodules, and what people do to them later."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

GIT_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Anna Berg",
    "GIT_AUTHOR_EMAIL": "anna@example.com",
    "GIT_COMMITTER_NAME": "Anna Berg",
    "GIT_COMMITTER_EMAIL": "anna@example.com",
}
SITE = {"index.html": "hello\n", "public/app.css": "body {}\n", "apps/api/main": "api\n"}


def git(folder: Path, *words: str) -> str:
    """What git says there, as if nobody had configured it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    allowed = ("git", "-c", "protocol.file.allow=always", "-c", "advice.detachedHead=false", *words)
    done = subprocess.run(allowed, cwd=folder, env=kept | GIT_ENVIRONMENT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


class Origin:
    """A repository to fetch from, made where there is none. Its own work tree is where commits are made."""

    def __init__(self, folder: Path) -> None:
        self.url = str(folder)
        self._folder = folder
        if not folder.exists():
            folder.mkdir(parents=True)
            self.git("init", "--quiet", "--initial-branch=master")
            self.commit(SITE)
        self.first = self.git("rev-parse", "HEAD")

    def git(self, *words: str) -> str:
        """Run git in the origin."""
        return git(self._folder, *words)

    def commit(self, files: Mapping[str, str | bytes], branch: str = "", links: Mapping[str, str] | None = None) -> str:
        """A commit with these files and symlinks, on a branch made where it is not there yet; its full hash."""
        if branch:
            exists = self.git("for-each-ref", f"refs/heads/{branch}")
            self.git("checkout", "--quiet", *(() if exists else ("-b",)), branch)
        for name, text in files.items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        for name, target in (links or {}).items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(target)
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message=a change")
        return self.git("rev-parse", "HEAD")

    def tag(self, name: str, at: str = "HEAD", *, annotated: bool = False) -> None:
        """A tag, light or annotated."""
        self.git("tag", *(("--annotate", "--message=a release") if annotated else ()), name, at)

    def force(self, branch: str, at: str) -> None:
        """Move a branch where it would not go by itself."""
        self.git("checkout", "--quiet", "-B", branch, at)

    def delete(self, branch: str) -> None:
        """Delete a branch."""
        self.git("checkout", "--quiet", "--detach")
        self.git("branch", "--delete", "--force", branch)

    def submodule(self, other: "Origin", path: str) -> str:
        """Commit another origin as a submodule."""
        self.git("submodule", "--quiet", "add", other.url, path)
        return self.commit({})
