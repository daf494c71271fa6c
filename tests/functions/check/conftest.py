"""A host for the functions of check: a home with a live release, and the programs that a test makes."""

import json
import tempfile
from pathlib import Path

import pytest

from tasks.config.models import Environment
from tasks.host.steps import perform
from tasks.phases.step import Phase
from tasks.remote.request import site
from tests.functions.made import Made
from tests.support.lines import Lines, reported

RELEASE = "source-20260101T000000Z"


class Machine:
    """A directory with a home, and programs that come first on PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home, self.programs, self.temporary = (folder, *(folder / each for each in ("home", "bin", "tmp")))
        for made in (self.home, self.programs, self.temporary):
            made.mkdir()
        self.releases, self.live = self.home / "releases", self.home / "source"

    def program(self, name: str, script: str = "echo 1.2.3", folder: Path | None = None) -> Path:
        """A program of the host."""
        file = (folder or self.programs) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/bash\n{script}\n")
        file.chmod(0o755)
        return file

    def release(self) -> Path:
        """A live release that was never built: sealed, and empty but for public."""
        folder = self.releases / RELEASE
        (folder / "public").mkdir(parents=True)
        (folder / "release.json").write_text(json.dumps({"name": RELEASE, "live_link": "source"}))
        self.live.symlink_to(folder)
        return folder


def lines(phase: Phase, environment: Environment, *only: str) -> Lines:
    """The lines of a phase, or of those of its steps that are named, performed in this process. It must go well."""
    run = Made(phase.name, site=site(environment))
    steps = [step for step in phase.steps if step.name in only or not only]
    wanted = [(step.name, step.function, step.arguments, step.within) for step in steps]
    assert perform(run, json.loads(json.dumps(wanted))) == 0, run.events
    return reported(run.events)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A host with nothing on it; this process runs there."""
    machine = Machine(tmp_path)
    monkeypatch.setenv("HOME", str(machine.home))
    monkeypatch.setenv("PATH", f"{machine.programs}:/usr/local/bin:/usr/bin:/bin:/usr/sbin")
    monkeypatch.setattr(tempfile, "tempdir", str(machine.temporary))
    return machine
