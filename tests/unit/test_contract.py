"""The words that people and scripts rely on: verbs, options, exit codes, and the promises."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from tasks import errors, ns
from tasks.host import failure

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PROMISES = ROOT / "docs" / "promises.md"
VERBS = [
    *("setup", "check", "plan", "build", "release", "post-release", "deploy", "rollback"),
    *("status", "releases", "history", "logs", "adopt", "hold", "unhold", "attach", "cancel", "prune"),
    *("sandbox.start", "sandbox.stop"),
]
LOCKS = {"wait", "patience", "without", "reason"}
OPTIONS = {
    "check": {"sudoers", "host"},
    "plan": {"ref", "steps", "json", "host"},
    "build": {"ref", *LOCKS},
    "release": {"ref", "name", *LOCKS},
    "post-release": {"end_strays", *LOCKS},
    "deploy": {"ref", "name", *LOCKS},
    "rollback": {"to", "keep_runtime_files", *LOCKS},
    "prune": {"asset", *LOCKS},
    "status": {"json", "host"},
    "releases": {"json", "host"},
    "history": {"json", "host"},
    "logs": {"name", "host"},
    "adopt": {"address", *LOCKS},
    "sandbox.start": {"hosts"},
    "attach": {"host"},
    "cancel": {"host"},
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
    assert (failure.FAILED, failure.BUSY, failure.CANCELLED) == (3, 6, 130)
    assert (errors.NotReleased.exit_code, errors.Busy.exit_code, errors.Interrupted.exit_code) == (3, 6, 130)


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
    """Paragraphs that begin as a promise does: `- **A build never touches the live site.** ...`"""
    return re.findall(r"^- \*\*.*(?:\n {2,}.*)*", PROMISES.read_text(encoding="utf-8"), flags=re.MULTILINE)


def exists(test: str) -> bool:
    """Is there a function of this name in this file, or a file for a promise that a whole file keeps?"""
    path, _, name = test.partition("::")
    if not (ROOT / path).is_file():
        return False
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef) and node.name == name.partition("[")[0] for node in ast.walk(tree))


def test_there_are_promises_and_nothing_else_is_listed() -> None:
    assert len(promises()) >= 19
    assert len(promises()) == PROMISES.read_text(encoding="utf-8").count("\n- ")


def test_the_readme_has_room_for_what_people_need_first() -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 160
    assert lines.index("## Verbs") < 60
    assert "docs/promises.md" in "".join(lines)


@pytest.mark.parametrize("promise", promises(), ids=lambda promise: promise[:40])
def test_every_promise_names_tests_that_exist(promise: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py::\w+)`", promise)
    assert named
    assert [test for test in named if not exists(test)] == []
