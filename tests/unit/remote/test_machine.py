"""All logins of a run are on one machine, and so is a link that is taken up again."""

import pytest

from tasks.errors import NotReleased, Unreachable
from tasks.remote.machine import Machine

PYTHON = {"python": "3.11.2"}
FIRST = {**PYTHON, "machine": "m1", "boot": "b1"}


@pytest.fixture
def known() -> Machine:
    """A host whose first login was on FIRST."""
    identity = Machine()
    identity.judge("web1", FIRST)
    return identity


def test_the_same_machine_is_the_same(known: Machine) -> None:
    known.judge("web1", FIRST)
    known.lost()
    known.judge("web1", FIRST)
    assert not known.restarted


@pytest.mark.parametrize(
    "other", [{"machine": "m2", "boot": "b2"}, {"machine": "m2", "boot": "b1"}, {"machine": "m1", "boot": "b2"}]
)
def test_another_machine_behind_the_same_name_is_refused(known: Machine, other: dict[str, str]) -> None:
    with pytest.raises(Unreachable, match="web1 is more than one machine"):
        known.judge("web1", {**PYTHON, **other})


def test_a_machine_that_was_restarted_while_the_link_was_away_is_said(known: Machine) -> None:
    known.lost()
    known.judge("web1", {**FIRST, "boot": "b2"})
    assert known.restarted


def test_another_machine_on_a_link_that_is_taken_up_again_is_refused(known: Machine) -> None:
    known.lost()
    with pytest.raises(Unreachable):
        known.judge("web1", {**FIRST, "machine": "m2", "boot": "b2"})


def test_a_machine_without_a_name_is_told_by_its_start(known: Machine) -> None:
    known.judge("web1", {**PYTHON, "machine": "", "boot": "b1"})
    with pytest.raises(Unreachable):
        known.judge("web1", {**PYTHON, "machine": "", "boot": "b2"})


def test_a_python_that_is_too_old_is_named() -> None:
    with pytest.raises(NotReleased, match=r"python3 is 3\.6, and"):
        Machine().judge("web1", {"python": "3.6"})
