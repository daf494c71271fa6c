"""Nothing of a lab outlives who started it: no process, mount, network, cgroup, whichever way it ends."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.booted import Lab
from tests.support.booted_image import PARTS
from tests.support.fab import until

PROJECT = PARTS.parents[2]
TEST = """
import pathlib, signal, subprocess

def test_held(booted, lab):
    subprocess.Popen(lab.inside(["sleep", "600"]))
    booted.sh("true; sleep 600 >/dev/null 2>&1 &", "ftsuser")
    pathlib.Path({group!r}).write_text(lab.group)
    signal.pause()
"""


def groups(name: str) -> list[Path]:
    """The cgroups of a lab."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [path for words in mounts if words[2] == "cgroup2" for path in Path(words[1]).glob(f"{name}/")]


def remains(group: str, folder: Path) -> list[str]:
    """Processes of a lab, by their cgroup or their command line, and its mounts. Its networks end with its processes."""
    found = [text for name in ("cgroup", "cmdline") for text in map(read, Path("/proc").glob(f"[0-9]*/{name}"))]
    return [text for text in (*found, *read(Path("/proc/self/mounts")).splitlines()) if group in text or str(folder) in text]


def read(path: Path) -> str:
    """What a process says of itself, "" when it has ended."""
    with contextlib.suppress(OSError):
        return path.read_bytes().decode(errors="replace")
    return ""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda sent: sent.name)
def test_nothing_outlives_the_tests_that_were_ended(lab: Lab, tmp_path: Path, sent: signal.Signals) -> None:
    told, folder = tmp_path / "group", tmp_path / "session"
    (tmp_path / "test_held.py").write_text(TEST.format(group=str(told)))
    words = [sys.executable, "-m", "pytest", "-p", "tests.host.booted.conftest", "-p", "no:cacheprovider"]
    words += [f"--rootdir={tmp_path}", f"--basetemp={folder}", str(tmp_path / "test_held.py")]
    here = {**os.environ, "PYTHONPATH": str(PROJECT)}
    tests = subprocess.Popen(words, cwd=tmp_path, env=here, stdout=subprocess.DEVNULL, preexec_fn=interruptible)
    try:
        until(lambda: read(told) or tests.poll() is not None)
        group = read(told)
        assert len(remains(group, folder)) > 10
        assert groups(group)
        tests.send_signal(sent)
        until(lambda: not remains(group, folder) and not groups(group))
        assert groups(lab.group)
    finally:
        tests.kill()
        tests.wait()


def interruptible() -> None:
    """Whoever runs the tests may ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_what_a_killed_lab_leaves_is_swept_by_the_next(lab: Lab, tmp_path: Path) -> None:
    killed = Lab(tmp_path / "killed").start()
    killed.boot("web1")
    killed.process.kill()
    until(lambda: not remains(killed.group, tmp_path / "killed"))
    assert groups(killed.group)
    Lab(tmp_path / "next").start().stop()
    assert not groups(killed.group)
    assert groups(lab.group)


def test_labs_side_by_side_are_apart(lab: Lab, tmp_path: Path) -> None:
    other = Lab(tmp_path / "other").start()
    first, second = lab.boot("web1"), other.boot("web1")
    first.sh("touch /etc/first")
    assert second.run("ls /etc/first").stdout == ""
    other.stop()
    assert first.over_ssh("id -un") == "ftsuser\n"
    first.stop()
