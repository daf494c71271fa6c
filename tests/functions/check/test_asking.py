"""A check that cannot be made is a line, and a step whose time is up is none."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tasks.host.check.asking import ask, attempt, guarded
from tasks.host.failure import Failed
from tasks.host.run import Run
from tasks.host.steps import TimeUp
from tests.functions.made import Made
from tests.support.lines import Lines, reported


def test_what_a_check_cannot_cope_with_is_a_warning() -> None:
    run = Made("check")
    with guarded(run, "nginx"):
        raise ValueError("what is this")
    assert reported(run.events).warn == ("nginx could not be looked at: ValueError: what is this -> look at it on the host",)


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
