"""The asset pool is a phase of its own before the cutover, a step of check and of prune, and without the key it is nothing."""

import pytest

from tasks.phases import assets
from tasks.phases.check import check
from tasks.phases.cutover import cutover, prune
from tasks.phases.step import Phase
from tasks.remote import packing
from tasks.remote.request import functions
from tests.unit.made import environment

POOLED, BARE = environment(asset_pool=["public/build"], keep_releases=3), environment()


def names(phase: Phase) -> list[str]:
    return [step.name for step in phase.steps]


def test_it_is_filled_by_one_step_with_the_right_to_move() -> None:
    phase = assets.fill(POOLED)
    assert (names(phase), phase.steps[0].arguments, phase.steps[0].within) == (["asset pool"], (("public/build",),), None)
    assert (phase.needs_move, phase.moves, phase.kind) == (True, "", "watched")


def test_a_rollback_waits_two_minutes_for_it_at_most() -> None:
    (step,) = assets.fill(POOLED, warns=True).steps
    assert (step.function, step.within) == ("tasks.host.assets.pool:ensure", 120)


def test_prune_ages_it_after_the_releases() -> None:
    assert names(prune(POOLED)) == ["prune", "asset pool"]
    assert prune(POOLED).steps[1].arguments == (3, ("public/build",))


def test_check_looks_at_it_last() -> None:
    assert names(check(POOLED))[-1] == "asset pool"


@pytest.mark.parametrize("phase", [prune(BARE), check(BARE), cutover(), assets.fill(BARE)], ids=lambda phase: phase.name)
def test_without_it_there_is_no_step_and_no_module_of_it_travels(phase: Phase) -> None:
    assert "asset pool" not in names(phase)
    assert not {
        module for module in packing.needed(functions(phase)) if "tasks.host.assets" in module or "check.assets" in module
    }
