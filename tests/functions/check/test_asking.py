"""A check that cannot be made is a line, and a step whose time is up is none."""

import configparser
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tasks.host.check.asking import ask, attempt, guarded
from tasks.host.failure import Failed
from tasks.host.run import Run
from tasks.host.steps import TimeUp
from tests.functions.made import Made
from tests.support.lines import Lines, reported

SECRET = "hunter2-of-the-bank"  # noqa: S105


def test_what_a_check_cannot_cope_with_is_a_warning() -> None:
    run = Made("check")
    with guarded(run, "nginx"):
        raise ValueError("what is this")
    assert reported(run.events).warn == ("nginx could not be looked at: ValueError -> look at it on the host",)


def test_what_would_fail_a_build_is_a_line() -> None:
    run = Made("check")
    with attempt(run, "room"):
        raise Failed("no room", "buy a disk")
    for text in ("air", ""):
        with attempt(run, text):
            pass
    assert reported(run.events) == Lines(("air",), (), ("no room -> buy a disk",))


@pytest.mark.parametrize("check", [guarded, attempt])
def test_a_step_whose_time_is_up_ends(check: Callable[[Run, str], AbstractContextManager[None]]) -> None:
    run = Made("check")
    with pytest.raises(TimeUp), check(run, "room"):
        raise TimeUp("", reported=True)
    assert run.events == []


@pytest.mark.parametrize("words", [["/nonexistent"], ["/dev/null"], ["a\0b"]])
def test_a_program_that_cannot_run_has_code_127(words: list[str]) -> None:
    assert ask(words).code == 127


@pytest.mark.parametrize(
    ("problem", "shown"),
    [
        (PermissionError(13, "Permission denied", "/etc/x"), "Permission denied: /etc/x"),
        (configparser.MissingSectionHeaderError("/etc/x", 1, f"password = {SECRET}"), "MissingSectionHeaderError: /etc/x"),
        (ValueError(f"no such word: {SECRET}"), "ValueError"),
    ],
)
def test_a_place_that_cannot_be_looked_at_shows_no_text_of_its_files(problem: Exception, shown: str) -> None:
    run = Made("check")
    with guarded(run, "supervisor"):
        raise problem
    assert reported(run.events).warn == (f"supervisor could not be looked at: {shown} -> look at it on the host",)
