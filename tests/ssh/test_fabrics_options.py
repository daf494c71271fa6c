"""The options of Fabric and Invoke themselves: one that cannot be used is one error and exit 2, and no host hears of it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.fab import PATIENCE

ROOT = Path(__file__).parents[2]
STATUS = ("-H", "nowhere", "status")
FILES = {
    "ok.yml": "timeouts: {connect: 3}\n",
    "ok.json": '{"timeouts": {"connect": 3}}\n',
    "ok.py": "user = 'ada'\n",
    "broken.yml": "a: [\n",
    "broken.json": "{\n",
    "broken.py": "x = (\n",
    "list.yml": "[1, 2]\n",
    "text.yml": "hello\n",
    "number.yml": "timeouts: 5\n",
    "port.yml": "port: x\n",
    "zero.yml": "timeouts: {connect: 0}\n",
    "nothing.txt": "",
}


def typed(folder: Path, *words: str, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    """`fab` with these words, with the start/ that lies here, installed or not; `{here}` is a folder with files."""
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (folder / "empty").mkdir(exist_ok=True)
    (folder / "not-utf-8.yml").write_bytes(b"\xff\xfe")
    fab = str(Path(sys.executable).with_name("fab"))
    here = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "start"), "HOME": str(folder)}
    given = [fab, *(word.format(here=folder) for word in words)]
    return subprocess.run(given, cwd=cwd, env=here, capture_output=True, text=True, timeout=PATIENCE, check=False)


def refused(ran: "subprocess.CompletedProcess[str]") -> str:
    """The error, which must be one, and all there is with the state of the hosts and what to type."""
    assert (ran.returncode, ran.stdout) == (2, "")
    error, state, next = ran.stderr.rstrip("\n").split("\n")
    assert (error[:7], state, next[:6]) == ("error: ", "No host was touched.", "next: ")
    return error[7:]


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-t", "0"), "the time to connect is a whole number of seconds, from 1 to 86,400, and not '0'"),
        (("-t0",), "and not '0'"),
        (("--connect-timeout=0",), "and not '0'"),
        (("-t", "-1"), "and not '-1'"),
        (("-t", "86401"), "and not '86401'"),
        (("-t", "abc"), "-t, -T and -D take a whole number, and not 'abc'"),
        (("-t", ""), "-t, -T and -D take a whole number, and not ''"),
        (("--connect-timeout", "1.5"), "-t, -T and -D take a whole number, and not '1.5'"),
        (("-T", "abc"), "-t, -T and -D take a whole number, and not 'abc'"),
    ],
)
def test_a_time_that_nobody_can_wait(tmp_path: Path, words: tuple[str, ...], said: str, before: bool) -> None:
    ran = typed(tmp_path, *words, *STATUS) if before else typed(tmp_path, *STATUS, *words)
    assert said in refused(ran)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("{here}/missing.yml", "the file of settings {here}/missing.yml does not exist"),
        ("~/missing.yml", "the file of settings ~/missing.yml does not exist"),
        ("{here}/empty", "not supported"),
        ("{here}/nothing.txt", "not supported"),
        ("", "not supported"),
        ("{here}/broken.yml", "{here}/broken.yml"),
        ("{here}/broken.json", "{here}/broken.json: Expecting property name"),
        ("{here}/broken.py", "broken.py"),
        ("{here}/not-utf-8.yml", "{here}/not-utf-8.yml: 'utf-8' codec can't decode"),
        ("{here}/list.yml", "{here}/list.yml: 'list' object has no attribute 'items'"),
        ("{here}/text.yml", "{here}/text.yml: 'str' object has no attribute 'items'"),
        ("{here}/number.yml", "{here}/number.yml: Can't cleanly merge"),
        ("{here}/port.yml", "the port of Fabric's settings is a whole number from 1 to 65535, and not 'x'"),
        ("{here}/zero.yml", "the time to connect is a whole number of seconds, from 1 to 86,400, and not '0'"),
    ],
)
def test_a_file_of_settings_that_cannot_be_used_is_named(tmp_path: Path, file: str, said: str) -> None:
    assert said.format(here=tmp_path) in refused(typed(tmp_path, "-f", file, *STATUS))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-c", "nope"), f"there is no nope.py in {ROOT}, nor above it"),
        (("--collection", "nope"), f"there is no nope.py in {ROOT}, nor above it"),
        (("-c", "fabfile.py"), f"there is no fabfile.py.py in {ROOT}, nor above it"),
        (("-c", ""), "-c is empty"),
        (("-r", "/nonexistent"), "there is no fabfile.py in /nonexistent, nor above it"),
        (("-r", "{here}/empty"), "there is no fabfile.py in {here}/empty, nor above it"),
        (("-r", "{here}/empty", "-c", "nope"), "there is no nope.py in {here}/empty, nor above it"),
        (("-r", "{here}/ok.py"), "Not a directory"),
        (("-r", ""), "-r is empty"),
    ],
)
def test_a_fabfile_that_is_not_there_is_named_with_where_it_was_looked_for(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    assert said.format(here=tmp_path) in refused(typed(tmp_path, *words, *STATUS))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-c", "nope"), "-c nope stands behind the verb"),
        (("-r", "{here}/empty"), "-r {here}/empty stands behind the verb"),
        (("-r", ""), "-r is empty"),
    ],
)
def test_behind_the_verb_it_is_not_passed_over(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    assert said.format(here=tmp_path) in refused(typed(tmp_path, *STATUS, *words))


@pytest.mark.parametrize("words", [STATUS, ("--list",)])
def test_in_another_directory_it_is_said_that_there_is_no_fabfile(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert refused(typed(tmp_path, *words, cwd=tmp_path)) == f"there is no fabfile.py in {tmp_path}, nor above it"


@pytest.mark.parametrize("words", [("--version",), ("--help",)])
def test_what_needs_no_fabfile_goes_without(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert typed(tmp_path, *words, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ("-t", "5"),
        ("-f", "{here}/ok.yml"),
        ("-f", "{here}/ok.json"),
        ("-f", "{here}/ok.py"),
        ("-f", "~/ok.yml"),
        ("-c", "fabfile"),
        ("-c", "tasks"),
        ("-r", str(ROOT)),
        ("-r", str(ROOT / "tasks")),
        ("-r", "."),
        ("-r", "tasks/flow"),
        ("-r", "../" + ROOT.name),
        ("-T", "5"),
    ],
)
def test_one_that_can_be_used_is_taken(tmp_path: Path, words: tuple[str, ...]) -> None:
    behind = [] if words == ("-c", "tasks") else [(*STATUS, *words)]  # the same verbs, and another file than was loaded
    for given in ((*words, *STATUS), *behind):
        ran = typed(tmp_path, *given)
        assert ran.returncode == 2
        assert "no environment 'nowhere' there" in ran.stderr
