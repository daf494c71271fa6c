"""What Fabric answers and refuses by itself, before a verb of this project begins."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.fab import PATIENCE

ROOT = Path(__file__).parents[2]


def typed(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """`fab` with these words, with the start/ that lies here, installed or not."""
    fab = str(Path(sys.executable).with_name("fab"))
    here = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "start"), "HOME": str(home)}
    return subprocess.run([fab, *words], cwd=ROOT, env=here, capture_output=True, text=True, timeout=PATIENCE, check=False)


@pytest.mark.parametrize("words", [[], ["status"], ["status", "--json"]])
def test_a_command_of_fabrics_own_is_refused_before_any_connection(tmp_path: Path, words: list[str]) -> None:
    """Fabric would load no fabfile for it, and take any key."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        host = f"somebody@127.0.0.1:{server.getsockname()[1]}"
        ran = typed(tmp_path, "-H", host, *words, "--", "true")
        with pytest.raises(BlockingIOError):
            server.accept()
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("error: fab -H NAME -- COMMAND is refused")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-f", "/nonexist"), "/nonexist"),
        (("-f", "{home}"), ""),
        (("-f", "{home}/broken.yml"), ""),
    ],
)
def test_what_fabric_cannot_use_is_a_sentence(tmp_path: Path, words: tuple[str, str], said: str) -> None:
    (tmp_path / "broken.yml").write_text("a: [\n")
    ran = typed(tmp_path, words[0], words[1].format(home=tmp_path), "-H", "nowhere", "status")
    assert (ran.returncode, ran.stdout) == (2, "")
    error, state, next = ran.stderr.rstrip("\n").split("\n")
    assert error.startswith("error: Fabric cannot use")
    assert said in error
    assert (state, next) == ("No host was touched.", "next: fab --help")


OF_FABRICS_OWN = ["--list", "--help", "--version", "prune --help"]


def redirected(home: Path, line: str, *, unbuffered: bool) -> "subprocess.CompletedProcess[str]":
    """`fab LINE`, in a shell; with a buffer, what is lost is found out at the end."""
    fab, here = str(Path(sys.executable).with_name("fab")), {"PATH": "/usr/bin:/bin", "HOME": str(home)}
    here |= {"PYTHONPATH": str(ROOT / "start"), "PYTHONUNBUFFERED": "1" if unbuffered else ""}
    shell = ["bash", "-o", "pipefail", "-c", f"{fab} {line}"]
    return subprocess.run(shell, cwd=ROOT, env=here, capture_output=True, text=True, timeout=PATIENCE, check=False)


@pytest.mark.parametrize("unbuffered", [False, True])
@pytest.mark.parametrize("words", OF_FABRICS_OWN)
def test_who_reads_no_further_of_fabrics_own_answers_has_enough(tmp_path: Path, words: str, *, unbuffered: bool) -> None:
    ran = redirected(tmp_path, f"{words} | true", unbuffered=unbuffered)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("unbuffered", [False, True])
@pytest.mark.parametrize("words", OF_FABRICS_OWN)
def test_an_answer_of_fabrics_own_that_a_full_disk_swallows_is_an_error(
    tmp_path: Path, words: str, *, unbuffered: bool
) -> None:
    ran = redirected(tmp_path, f"{words} >/dev/full", unbuffered=unbuffered)
    lost = "error: the answer cannot be written: [Errno 28] No space left on device\nNo host was touched.\n"
    assert (ran.returncode, ran.stderr) == (3, lost)


def test_completion_is_no_such_command(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "status" in typed(tmp_path, "--complete", "--", "fab", "stat").stdout
