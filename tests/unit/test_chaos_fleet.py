"""Which faults befall which of three hosts where, and what of it is tried in CI."""

from itertools import product

import pytest

from tests.chaos.attempt import Verdict
from tests.chaos.fleet_cases import (
    FAIL,
    FAILS,
    FAULTS,
    HOSTS,
    PHASES,
    RACES,
    Case,
    allowed,
    chosen,
    every_case,
    moments,
    races,
    sample,
)
from tests.chaos.fleet_tables import report, table


def test_every_fault_befalls_every_host_in_every_phase_once() -> None:
    cases = every_case()
    assert len({case.id for case in cases}) == len(cases)
    assert {(case.fault, case.phase, case.host) for case in cases if case.fault != FAIL} == set(product(FAULTS, PHASES, HOSTS))
    alone = {("migrate", 1), ("migrate", 2)}
    assert {(case.phase, case.host) for case in cases if case.fault == FAIL} == set(product(FAILS, HOSTS)) - alone


@pytest.mark.parametrize("seed", ["7", "2026-11-23"])
def test_a_sample_has_every_fault_phase_and_host_and_is_the_same_again(seed: str) -> None:
    cases = sample(seed, 20)
    assert cases == sample(seed, 20)
    assert len({*cases}) == 20
    assert {case.fault for case in cases} == {*FAULTS, FAIL}
    assert {case.phase for case in cases} >= {*PHASES}
    assert {case.host for case in cases} == {*HOSTS}


def test_a_pattern_chooses_cases_moments_and_races() -> None:
    assert chosen(["gone:cutover:2"]) == [Case("gone", "cutover", 1)]
    assert chosen(["race"], 5, 6) == races(6)
    assert {case.phase for case in races(3)} == {*RACES}
    assert chosen(["*:moment"], 5) == moments(5)
    assert len(chosen([], 500)) == len(every_case()) + 550
    assert chosen(["nothing"]) == []


def test_each_case_has_exit_codes_of_its_own() -> None:
    assert allowed(Case("gone", "cutover", 1)) == {8}
    assert allowed(Case("ctrl-c", "build", 1)) == {130}
    assert allowed(Case("fail", "health", 1)) == {5}
    assert all(allowed(case) for case in (*every_case(), *moments(10)))


def test_the_table_counts_what_was_tried_and_names_what_did_not_hold() -> None:
    cases = [Case("cut", "build", 0), Case("cut", "build", 1), Case("gone", "stage", 0), *races(1)]
    broken = {cases[1].id: ("something",)}
    verdicts = {case.id: Verdict(case.id, "7", broken.get(case.id, ()), "", 1.0) for case in cases}
    lines = table(cases, verdicts).splitlines()
    assert "| the link to the host is cut | **1 of 2** | - |" in "\n".join(lines)
    assert "| deploy+deploy | 1 |" in lines
    assert "seed 7: 4 of 4 cases, of which 3 held" in report(cases, verdicts, "7")
