"""Whatever befalls a deploy, the site stays up, and the next deploy works: some cases by chance, of those of `make chaos`."""

import os
from collections.abc import Iterator

import pytest

from tests.chaos.cases import MORE, Case, moments, sample
from tests.chaos.running import Ground
from tests.support.booted import Lab
from tests.support.chaos_faults import FAULTS

SEED = os.environ["CHAOS_SEED"]
SIZE = 16
MOMENTS = 7
SLOW = 2
CASES = sorted([*sample(SEED, SIZE), *moments(MOMENTS), *sample(SEED, SLOW, MORE)], key=lambda case: FAULTS[case.fault].small)


@pytest.fixture(scope="module")
def ground(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A host for one case after the other."""
    ground = Ground(lab, tmp_path_factory.mktemp("chaos"), "web1")
    yield ground
    ground.leave()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_site_stays_up_and_the_next_deploy_works(ground: Ground, case: Case) -> None:
    verdict = ground.run(case, SEED)
    again = f"make chaos ONLY='{case.fault}:{case.name}:{case.position}' SEED={SEED}"
    assert not verdict.broken, f"{again}\n{verdict}"
