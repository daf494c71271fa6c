"""Whatever befalls one of three hosts, all run the same afterwards or are named, and one command repairs them: a sample."""

import datetime
import os

import pytest

from tests.chaos.fleet_cases import Case, races, sample
from tests.chaos.fleet_racing import Race
from tests.chaos.fleet_trying import Trial
from tests.support.fleet_ground import Ground

SEED = os.environ.setdefault("CHAOS_SEED", str(datetime.datetime.now(tz=datetime.UTC).date()))
SIZE = 20
RACED = 9


@pytest.mark.parametrize("case", sample(SEED, SIZE), ids=lambda case: case.id)
def test_all_hosts_run_the_same_or_are_named_and_one_command_repairs_them(ground: Ground, case: Case) -> None:
    verdict = Trial(ground, case, SEED).run()
    again = f"make chaos FLEET=1 ONLY='{case.fault}:{case.phase}:{case.host + 1}' SEED={SEED}"
    assert not verdict.broken, f"{again}\n{verdict}"


@pytest.mark.parametrize("case", races(RACED), ids=lambda case: case.id)
def test_of_two_workstations_at_once_exactly_one_wins(ground: Ground, case: Case) -> None:
    verdict = Race(ground, case, SEED).run()
    assert not verdict.broken, str(verdict)
