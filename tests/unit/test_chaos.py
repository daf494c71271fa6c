"""Which faults befall a deploy where, what of it is tried in CI, and what a look at the host finds."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.config.inventory import load
from tests.chaos.attempt import Verdict
from tests.chaos.cases import MORE, Case, Place, chosen, every_case, moments, phases, places, sample
from tests.chaos.codes import allowed
from tests.chaos.tables import cell, report, table
from tests.chaos.trying import true
from tests.support.chaos_faults import FAULTS, ROLLBACK
from tests.support.chaos_looks import Look, always, histories, unchanged
from tests.support.chaos_site import environment

ROOT = Path(__file__).parents[2]
OFTEN = [fault for fault in FAULTS if fault not in MORE]
OF_DEPLOY = [fault for fault in FAULTS if FAULTS[fault].words != ROLLBACK]


def verdict(case: str = "cut-fetch-middle", *broken: str) -> Verdict:
    return Verdict(case, "7", broken, "", 1.0)


def test_every_step_of_every_phase_of_a_deploy_has_every_fault_before_in_the_middle_and_after(tmp_path: Path) -> None:
    tried = {(case.place.phase, case.place.step, case.position, case.fault) for case in every_case()}
    left_out = {("lock", "lock", "after", "hang")}
    for phase in phases(environment(tmp_path)):
        for name in [step.name for step in phase.steps] or [phase.name]:
            for position in ("before", "middle", "after"):
                assert {(phase.name, name, position, fault) for fault in OF_DEPLOY} <= tried | left_out
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
    assert sorted(case.fault for case in cases) == sorted(OFTEN * 2)
    assert len({case.id for case in cases}) == 16


@given(st.text(max_size=10), st.integers(0, 80))
def test_a_seed_gives_the_same_sample_and_the_same_commands_again(seed: str, size: int) -> None:
    cases = sample(seed, size)
    assert cases == sample(seed, size)
    assert [case.command(seed, 40) for case in cases] == [case.command(seed, 40) for case in cases]
    assert all(0 <= case.command(seed, 40) <= 40 for case in cases)


def test_ci_tries_two_of_the_faults_that_take_longer_besides() -> None:
    samples = [sample(str(seed), 2, MORE) for seed in range(60)]
    assert all(len({case.fault for case in cases}) == 2 for cases in samples)
    assert {case.fault for cases in samples for case in cases} == set(MORE)


def test_a_rollback_meets_faults_in_each_of_its_own_phases_alone() -> None:
    found = {case.place.phase for case in every_case() if FAULTS[case.fault].words == ROLLBACK}
    assert found == {"try", "lock", "cutover", "post-release", "finish"}


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
        (["*:fetch:middle"], len(OF_DEPLOY)),
        ([":fetch:middle"], len(OF_DEPLOY)),
        (["cut:fetch", "cut:fetch:middle", "power:fetch"], 6),
        ([], len(every_case())),
        (["flood"], 0),
    ],
)
def test_cases_are_chosen_by_their_parts(patterns: list[str], count: int) -> None:
    assert len(chosen(patterns)) == count


def test_moments_by_chance_are_chosen_like_any_other_case() -> None:
    assert [case.id for case in chosen(["cut:moment"], 20)] == ["cut-moment-2", "cut-moment-14"]
    assert len(chosen([], 20)) == len(every_case()) + 20
    assert {case.fault for case in moments(20)} == FAULTS.keys() - {"hang"}
    assert [case.fault for case in moments(7)] == [fault for fault in OFTEN if fault != "hang"]


def test_a_seed_gives_moments_that_differ() -> None:
    assert len({case.dice("2026-11-23").random() for case in moments(100)}) == 100


def test_only_what_a_contract_allows_may_be_the_exit_code() -> None:
    codes = {(case.fault, case.place.phase): allowed(case) for case in every_case()}
    assert codes["ctrl-c", "build"] == {130}
    assert codes["kill-job", "build"] == {0, 3}
    assert codes["cut", "build"] == {0, 3, 7}
    assert 8 not in codes["disk", "post-release"]
    assert all(4 not in codes[fault, "migrate"] for fault in OF_DEPLOY)
    assert codes["gone", "build"] == {7}
    assert codes["gone", "cutover"] == {8}
    assert codes["asleep", "build"] == {3}
    assert codes["inodes-rollback", "lock"] == {0, 3}
    assert {fault for fault in FAULTS if 0 in codes.get((fault, "prune"), ())} >= {"gone", "asleep", "startup"}


def test_the_table_has_a_row_for_each_fault_and_tells_what_did_not_hold() -> None:
    cases = chosen(["cut:fetch", "cut:seal", "power:swap:middle", "cut:moment"], 20)
    verdicts = {case: verdict(case) for case in ("cut-fetch-middle", "power-swap-middle", "cut-moment-2")}
    verdicts["cut-seal-after"] = verdict("cut-seal-after", "the lock is held")
    header, _, *rows = table(cases, verdicts).splitlines()
    phases = ["try", "lock", "build", "migrate", "cutover", "post-release", "finish", "in-use", "prune", "by chance"]
    assert header == f"| fault | {' | '.join(phases)} |"
    assert [row.split(" | ")[0].strip("| ") for row in rows] == [fault.said for fault in FAULTS.values()]
    assert rows[2] == "| the link is cut | - | - | **1 of 2** | - | - | - | - | - | - | 1 |"
    assert rows[3] == "| power cut | - | - | - | - | 1 | - | - | - | - | - |"
    assert f"4 of {len(cases)} cases, of which 3 held" in report(cases, verdicts, "2026-11-23", "7")
    assert cell([verdict(), verdict()]) == "2"


LOOK = "live\t/home/ftsuser/releases/source-2\nsealed\tsource-1\tc1 source-1\nsealed\tsource-2\tc1 source-2\n"


def test_a_look_finds_a_live_link_that_leads_to_no_release() -> None:
    assert always(Look.of(LOOK), "c1") == []
    assert "not sealed" in always(Look.of(LOOK.replace("sealed\tsource-2", "unsealed\tsource-2")), "c1")[0]


def test_a_look_finds_a_sealed_release_that_lacks_something() -> None:
    assert "source-1 is sealed and not complete" in always(Look.of(LOOK.replace("c1 source-1", "c2 source-1")), "c1")[0]
    assert "source-1 is sealed and not complete" in always(Look.of(LOOK.replace("c1 source-1", "c1")), "c1")[0]


def test_a_look_finds_a_sealed_release_that_was_written_to() -> None:
    before = Look.of(f"{LOOK}print\tsource-1\taa\nprint\tsource-2\tbb\n")
    now = Look.of(f"{LOOK}print\tsource-2\tcc\nprint\tsource-3\tdd\n")
    assert unchanged(before, before) == []
    assert unchanged(before, now) == ["source-2 was sealed, and was written to"]


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


def after(*cutovers: tuple[str, str]) -> Look:
    """A host where releases went live, each after another."""
    entries = [json.dumps(entry("done", name, was)) for was, name in cutovers]
    return Look.of("\n".join([f"live\t/releases/{cutovers[-1][1]}", *(f"history\t{line}" for line in entries)]))


@pytest.mark.parametrize(
    ("code", "theirs", "ours", "holds"),
    [
        (0, [], ["b"], True),
        (0, [], [], False),
        (3, [], [], True),
        (3, [], ["b"], False),
        (8, [], ["b"], True),
        (8, [], [], True),
        (3, ["c"], [], True),
        (3, ["c"], ["b"], False),
        (0, ["c"], ["b"], True),
        (0, ["c"], [], False),
        (4, ["b", "c"], [], True),
        (0, ["b", "c"], [], True),
        (3, ["b", "c"], [], False),
        (4, ["b", "c"], ["b"], False),
    ],
)
def test_an_exit_code_is_compared_with_what_is_live_and_a_colleagues_release_stays(
    code: int, theirs: list[str], ours: list[str], holds: bool
) -> None:
    names = ["", "a", *theirs, *ours]
    cutovers = list(pairwise(names))
    colleague = after(*cutovers[: 1 + len(theirs)]) if theirs else None
    assert true(code, after(("", "a")), colleague, after(*cutovers)) is holds
