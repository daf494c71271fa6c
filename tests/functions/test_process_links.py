"""What root lists of all processes: their working directories and executables, by a command that is always the same."""

import os
import subprocess
from pathlib import Path

import pytest

from tasks.host import process_links


@pytest.fixture
def sudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sudo that keeps what it was asked for."""
    program = tmp_path / "sudo"
    program.write_text(f'#!/bin/sh\nshift; echo "$*" >>{tmp_path}/asked\nexec "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


@pytest.mark.parametrize("name", ["a b", "é", "line\nbreak", "x///y", "-> /etc"])
def test_the_place_of_a_process_is_read_whatever_its_name(sudo: Path, name: str) -> None:
    folder = sudo / name
    folder.mkdir(parents=True)
    with subprocess.Popen(["sleep", "100"], cwd=folder) as process:
        found = process_links.read(60, 2)
        process.kill()
    assert (process.pid, os.path.realpath(folder)) in found
    assert (sudo / "asked").read_text() == " ".join(process_links.FIND) + "\n"


@pytest.mark.usefixtures("sudo")
def test_a_process_without_an_executable_has_none() -> None:
    assert all(path.startswith("/") and "/proc/" not in path for _, path in process_links.read(60, 2))
