"""Which faults befall a deploy where, what of it is tried in CI, and what a look at the host finds."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.config.inventory import load
from tests.chaos.cases import Case, Place, allowed, chosen, every_case, moments, phases, places, sample
from tests.chaos.tables import cell, report, table
from tests.chaos.trying import Verdict
from tests.support.chaos_faults import FAULTS, SAID
from tests.support.chaos_looks import Look, always, histories
from tests.support.chaos_site import environment

ROOT = Path(__file__).parents[2]


def verdict(case: str = "cut-fetch-middle", *broken: str) -> Verdict:
    return Verdict(case, "7", broken, "", 1.0)


def test_every_step_of_every_phase_of_a_deploy_has_every_fault_before_in_the_middle_and_after(tmp_path: Path) -> None:
    tried = {(case.place.phase, case.place.step, case.position, case.fault) for case in every_case()}
    left_out = {("lock", "lock", "after", "hang")}
    for phase in phases(environment(tmp_path)):
        for name in [step.name for step in phase.steps] or [phase.name]:
            for position in ("before", "middle", "after"):
                assert {(phase.name, name, position, fault) for fault in FAULTS} <= tried | left_out
    assert not tried & left_out


def test_the_site_that_faults_befall_has_every_step_that_a_hosts_yml_can_have(tmp_path: Path) -> None:
    reference, ours = load(ROOT / "hosts.yml").environment("prod"), environment(tmp_path)
    build, own = ({step.function for phase in phases(site) for step in phase.steps} for site in (reference, ours))
    assert build - own == set()
    names = {step.name for step in phases(ours)[2].steps}
    assert {step.name for step in phases(reference)[2].steps} <= names


def test_cases_have_names_of_their_own() -> None:
    assert len({case.id for case in every_case()}) == len(every_case())
    assert Case("cut", Place("build", "fetch"), "fetch", "middle") in every_case()


def test_a_sample_has_each_fault_as_often_as_another_and_no_case_twice() -> None:
    cases = sample("2026-11-23", 16)
    assert sorted(case.fault for case in cases) == sorted([*FAULTS] * 2)
    assert len({case.id for case in cases}) == 16


@given(st.text(max_size=10), st.integers(0, 80))
def test_a_seed_gives_the_same_sample_and_the_same_commands_again(seed: str, size: int) -> None:
    cases = sample(seed, size)
    assert cases == sample(seed, size)
    assert [case.command(seed, 40) for case in cases] == [case.command(seed, 40) for case in cases]
    assert all(0 <= case.command(seed, 40) <= 40 for case in cases)


def test_another_seed_gives_another_sample() -> None:
    assert sample("2026-11-23", 16) != sample("2026-11-24", 16)


def test_samples_come_to_every_place_in_time() -> None:
    seen = {case.place for seed in range(60) for case in sample(str(seed), 16)}
    assert seen == set(places())


@pytest.mark.parametrize(
    ("patterns", "count"),
    [
        (["cut:fetch"], 3),
        (["cut:fetch:middle"], 1),
        (["*:fetch:middle"], len(FAULTS)),
        ([":fetch:middle"], len(FAULTS)),
        (["cut:fetch", "cut:fetch:middle", "power:fetch"], 6),
        ([], len(every_case())),
        (["flood"], 0),
    ],
)
def test_cases_are_chosen_by_their_parts(patterns: list[str], count: int) -> None:
    assert len(chosen(patterns)) == count


def test_moments_by_chance_are_chosen_like_any_other_case() -> None:
    assert [case.id for case in chosen(["cut:moment"], 20)] == ["cut-moment-2", "cut-moment-9", "cut-moment-16"]
    assert len(chosen([], 20)) == len(every_case()) + 20
    assert "hang" not in {case.fault for case in moments(20)}


def test_a_seed_gives_moments_that_differ() -> None:
    assert len({case.dice("2026-11-23").random() for case in moments(100)}) == 100


def test_only_what_a_contract_allows_may_be_the_exit_code() -> None:
    codes = {(case.fault, case.place.phase): allowed(case) for case in every_case()}
    assert codes["ctrl-c", "build"] == {130}
    assert codes["kill-job", "build"] == {0, 3}
    assert codes["cut", "build"] == {0, 3, 7}
    assert 8 not in codes["disk", "post-release"]
    assert all(4 not in codes[fault, "migrate"] for fault in FAULTS)


def test_the_table_has_a_row_for_each_step_and_tells_what_did_not_hold() -> None:
    cases = chosen(["cut:fetch", "power:resolve:middle"])
    verdicts = {"cut-fetch-middle": verdict(), "cut-fetch-after": verdict("cut-fetch-after", "the lock is held")}
    header, _, fetch, resolve = table(cases, verdicts).splitlines()
    assert header == f"| step | {' | '.join(SAID.values())} |"
    assert fetch == "| build: fetch | - | - | **1 of 2** | - | - | - | - | - |"
    assert resolve.count("-") == len(FAULTS)
    assert "2 of 4 cases, of which 1 held" in report(cases, verdicts, "2026-11-23", "7")
    assert cell([verdict(), verdict()]) == "2"
    assert table(moments(1), {}).splitlines()[-1].startswith("| at moments by chance | - |")


LOOK = "live\t/home/ftsuser/releases/source-2\nsealed\tsource-1\tc1 source-1\nsealed\tsource-2\tc1 source-2\n"


def test_a_look_finds_a_live_link_that_leads_to_no_release() -> None:
    assert always(Look.of(LOOK), "c1") == []
    assert "not sealed" in always(Look.of(LOOK.replace("sealed\tsource-2", "unsealed\tsource-2")), "c1")[0]


def test_a_look_finds_a_sealed_release_that_lacks_something() -> None:
    assert "source-1 is sealed and not complete" in always(Look.of(LOOK.replace("c1 source-1", "c2 source-1")), "c1")[0]
    assert "source-1 is sealed and not complete" in always(Look.of(LOOK.replace("c1 source-1", "c1")), "c1")[0]


def test_a_line_of_history_that_a_full_disk_has_cut_off_is_passed_over() -> None:
    lines = ['history\t{"event": "begin", "na', 'history\t{"event": "begin", "name": "source-1"}']
    assert Look.of("\n".join([LOOK.strip(), *lines])).history == [{"event": "begin", "name": "source-1"}]


def entry(event: str, name: str, was: str = "") -> dict[str, str]:
    return {"event": event, "name": name, "from": was}


WELL = [
    *(entry("begin", "a"), entry("sealed", "a"), entry("intent", "a"), entry("done", "a")),
    *(entry("begin", "b"), entry("failed", "b")),
    *(entry("begin", "c"), entry("sealed", "c"), entry("intent", "c", "a"), entry("abandoned", "c")),
    *(entry("intent", "c", "a"), entry("done", "c", "a")),
]


def test_a_history_that_tells_all_is_believed() -> None:
    assert histories(WELL, "c") == []


@pytest.mark.parametrize("missing", [1, 3, 5, 7, 9])
def test_a_line_that_history_lacks_is_missed(missing: int) -> None:
    assert histories([*WELL[:missing], *WELL[missing + 1 :]], "c") != []


def test_a_history_that_ends_with_another_release_than_the_live_one_is_found_out() -> None:
    assert histories(WELL, "a") == ["history says that c is live, and it is a"]
