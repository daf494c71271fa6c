"""The git origin of the sandbox: the history of a small site, the same commits in every sandbox."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

SITE = Path(__file__).parent / "site"
MAIN = "master"
DESIGN = "feature/new-design"
TAG = "v1.0"
ANNA = ("Anna Berg", "anna@example.com")
JONAS = ("Jonas Lind", "jonas@example.com")


class Commit(NamedTuple):
    """One commit: the files of an overlay laid over those before."""

    overlay: str
    author: tuple[str, str]
    date: str
    message: str
    branch: str = MAIN
    tag: str = ""


HISTORY = (
    Commit("1-home-page", ANNA, "2026-03-02T09:12:00+01:00", "Home page with hashed assets and a warmed cache"),
    Commit("2-dossier-api", JONAS, "2026-03-05T14:40:00+01:00", "Dossier API as an app of its own"),
    Commit("3-opening-hours", ANNA, "2026-03-09T11:03:00+01:00", "Say when the house is open", tag=TAG),
    Commit("4-season-colours", JONAS, "2026-08-24T10:30:00+02:00", "New season: heading and colours"),
    Commit("5-contact-address", ANNA, "2026-08-31T16:18:00+02:00", "Address of the box office"),
    Commit("design", JONAS, "2026-09-07T13:55:00+02:00", "Dark design, first attempt", branch=DESIGN),
)


def create(origin: Path, clone: Path) -> None:
    """Make the bare origin, and beside it a clone to edit, commit in, and push from."""
    _git(origin.parent, "init", "--quiet", "--bare", f"--initial-branch={MAIN}", str(origin))
    _git(clone.parent, "init", "--quiet", f"--initial-branch={MAIN}", str(clone))
    for commit in HISTORY:
        if commit.branch != MAIN:
            _git(clone, "checkout", "--quiet", "-b", commit.branch)
        # Content only: with the old mtime too, git may take a changed file of the same size for the one it knows.
        shutil.copytree(SITE / commit.overlay, clone, copy_function=shutil.copyfile, dirs_exist_ok=True)
        _git(clone, "add", "--all")
        _git(clone, "commit", "--quiet", f"--message={commit.message}", commit=commit)
        if commit.tag:
            _git(clone, "tag", "--annotate", f"--message=Release {commit.tag}", commit.tag, commit=commit)
    _git(clone, "checkout", "--quiet", MAIN)
    _git(clone, "config", "user.name", "Sandbox")
    _git(clone, "config", "user.email", "sandbox@example.com")
    _git(clone, "remote", "add", "origin", str(origin))
    _git(clone, "push", "--quiet", "--set-upstream", "origin", MAIN, DESIGN, TAG)


def _git(folder: Path, *words: str, commit: Commit | None = None) -> None:
    """Run git as if nobody had configured it, so that the commits are the same everywhere."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    if commit:
        name, address = commit.author
        for role in ("AUTHOR", "COMMITTER"):
            environment |= {f"GIT_{role}_NAME": name, f"GIT_{role}_EMAIL": address, f"GIT_{role}_DATE": commit.date}
    subprocess.run(["git", *words], cwd=folder, env=environment, check=True, capture_output=True, text=True)
