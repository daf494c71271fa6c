"""The words that people and scripts rely on: verbs, options, exit codes, and the promises of the README."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from tasks import errors, ns

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
VERBS = [
    *("setup", "check", "plan", "build", "release", "post-release", "deploy", "rollback"),
    *("status", "releases", "history", "logs", "hold", "unhold", "attach", "cancel", "prune"),
    *("sandbox.start", "sandbox.stop"),
]
TIMES = {"wait", "patience"}
OPTIONS = {
    "check": {"sudoers"},
    "plan": {"ref", "script"},
    "build": {"ref", *TIMES},
    "release": {"ref", "name", *TIMES},
    "post-release": TIMES,
    "deploy": {"ref", "name", *TIMES},
    "rollback": {"to", *TIMES},
    "prune": TIMES,
    "status": {"json"},
    "releases": {"json"},
    "history": {"json"},
    "logs": {"name"},
    "hold": {"reason"},
}


def task(name: str) -> Any:
    return ns[name]


def test_the_verbs_are_those_of_the_contract() -> None:
    assert set(ns.task_names) == set(VERBS)


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_takes_the_options_of_the_contract_and_explains_each(name: str) -> None:
    options = {argument.name: argument.help for argument in task(name).get_arguments()}
    assert set(options) == OPTIONS.get(name, set())
    assert all(options.values())


@pytest.mark.parametrize("name", VERBS)
def test_no_option_is_required_by_invoke_so_that_a_missing_one_is_ours_to_report(name: str) -> None:
    assert not [argument for argument in task(name).get_arguments() if argument.positional]


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_says_in_one_line_what_it_does(name: str) -> None:
    said = task(name).__doc__
    assert re.fullmatch(r"[A-Z].{10,110}[.]", said)


def test_the_host_and_the_workstation_have_the_same_exit_codes() -> None:
    base = (ROOT / "tasks" / "shell" / "lib" / "base.sh").read_text(encoding="utf-8")
    assert "\nreadonly FAILED=3 BUSY=6 INTERRUPTED=130\n" in base
    assert (errors.NotReleased.exit_code, errors.Busy.exit_code, errors.Interrupted.exit_code) == (3, 6, 130)


def test_python_on_the_host_has_the_same_exit_codes() -> None:
    commands = (ROOT / "tasks" / "shell" / "lib" / "build" / "commands.py").read_text(encoding="utf-8")
    assert "\nFAILED, INTERRUPTED = 3, 130\n" in commands


def rows(start: str) -> list[list[str]]:
    """The rows of the README's table whose header starts with these words."""
    _, _, table = README.read_text(encoding="utf-8").partition(f"| {start}")
    lines = table.splitlines()[2:]
    end = next(index for index, line in enumerate(lines) if not line.startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:end]]


def test_the_readme_names_every_verb() -> None:
    named = {match for row in rows("verb") for match in re.findall(r"`([a-z.-]+)(?: [^`]*)?`", row[0])}
    assert named >= set(VERBS)


def test_the_readme_has_every_exit_code() -> None:
    codes = {int(row[0]) for row in rows("exit")}
    assert codes == {0, *(kind.exit_code for kind in errors.ReleaseError.__subclasses__())}


def promises() -> list[str]:
    """Lines of the README that begin as a promise does: `- **The live site is never touched.** ...`"""
    return re.findall(r"^(?:- |\d+\. )\*\*.*(?:\n {2,}.*)*", section("What it promises"), flags=re.MULTILINE)


def section(title: str) -> str:
    _, _, rest = README.read_text(encoding="utf-8").partition(f"\n## {title}\n")
    return rest.partition("\n## ")[0]


def exists(test: str) -> bool:
    """Is there a function of this name in this file, or a file for a promise that a whole file keeps?"""
    path, _, name = test.partition("::")
    if not (ROOT / path).is_file():
        return False
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef) and node.name == name.partition("[")[0] for node in ast.walk(tree))


def test_the_readme_makes_promises() -> None:
    assert len(promises()) >= 8


@pytest.mark.parametrize("promise", promises(), ids=lambda promise: promise[:40])
def test_every_promise_of_the_readme_names_a_test_that_exists(promise: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py::\w+)`", promise)
    assert named
    assert [test for test in named if not exists(test)] == []
