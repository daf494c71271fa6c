"""Several hosts: all of them run the new release, or each is back on what it ran, in every batch and whatever fails where."""

import functools
from itertools import product
from typing import NamedTuple

import pytest

from tasks.remote.outcome import Outcome
from tests.unit.flow.conftest import Fab, Fleet, Hosts, Ran
from tests.unit.flow.stand_in import CUT, NEW, OLD, OLDER, failed, taken

NAMES = ("web1", "web2", "web3", "web4", "web5")


class Case(NamedTuple):
    """So many hosts, so many at a time, and the one on which it fails."""

    many: int
    batch: int
    failing: int

    @property
    def names(self) -> tuple[str, ...]:
        return NAMES[: self.many]

    @property
    def batches(self) -> list[tuple[str, ...]]:
        return [self.names[start : start + self.batch] for start in range(0, self.many, self.batch)]

    @property
    def begun(self) -> tuple[str, ...]:
        """Those whose batch has begun when it fails."""
        return self.names[: (self.failing // self.batch + 1) * self.batch]


CASES = [Case(many, batch, failing) for many in (1, 2, 3, 5) for batch, failing in product(range(1, many + 1), range(many))]


def deployed(fab: Fab) -> Ran:
    return fab("deploy", "--ref", "master")


@pytest.mark.parametrize("case", [case for case in CASES if case.failing == 0], ids=str)
def test_every_host_runs_the_new_release_batch_by_batch(fab: Fab, fleet: Fleet, case: Case) -> None:
    there = fleet(case.names, batch=case.batch, pause=30)
    ran = deployed(fab)
    assert (ran.code, {host.live for host in there}, {host.pending for host in there}) == (0, {NEW}, {False})
    assert there[0].clock.pauses.count(30) == len(case.batches) - 1
    for host in there:
        assert host.sent.count("build") == host.sent.count("cutover") == host.sent.count("post-release") == 1
        assert host.sent.index("build") < host.sent.index("cutover") < host.sent.index("post-release")
        assert host.sent.count("stage") == (case.many > 1)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_build_that_fails_on_one_leaves_all_as_they_were(fab: Fab, fleet: Fleet, hosts: Hosts, case: Case) -> None:
    there = fleet(case.names, batch=case.batch)
    hosts[case.names[case.failing]].answers["build"] = [failed("no space left", facts={"commit": "c" * 40})]
    ran = deployed(fab)
    assert (ran.code, {host.live for host in there}) == (3, {OLD})
    assert [name for host in there for name in host.sent if name in ("stage", "cutover", "migrate")] == []
    assert "no space left" in ran.err
    assert f"Live: {OLD}, unchanged." in ran.err


@pytest.mark.parametrize("phase", ["stage", "still-live"])
@pytest.mark.parametrize("case", [case for case in CASES if case.many > 1], ids=str)
def test_one_that_is_not_ready_stops_all_before_the_first_moves(
    fab: Fab, fleet: Fleet, hosts: Hosts, case: Case, phase: str
) -> None:
    there = fleet(case.names, batch=case.batch, migrate=["migrate"])
    name = case.names[case.failing]
    if phase == "still-live" and case.failing == 0:
        hosts[name].answers["migrate"] = [failed("no database")]
    else:
        hosts[name].answers[phase] = [failed("not ready")]
    ran = deployed(fab)
    assert (ran.code, {host.live for host in there}) == (3, {OLD})
    assert ["cutover" in host.sent for host in there] == [False] * case.many
    assert there[0].sent.count("migrate") == (phase == "stage" or case.failing == 0)
    assert ["migrate" in host.sent for host in there[1:]] == [False] * (case.many - 1)
    ran_there = f"{case.names[0]}: Live: {OLD}, unchanged. Migrations have run.\n"
    assert (ran_there in ran.err, ran.err.count("Migrations have run")) == ((True, 1) if phase == "stage" else (False, 0))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_cutover_that_fails_on_one_puts_every_other_back(fab: Fab, fleet: Fleet, hosts: Hosts, case: Case) -> None:
    there = fleet(case.names, batch=case.batch)
    bad = hosts[case.names[case.failing]]
    bad.answers["cutover"] = [failed("the disk is full", step="swap")]
    ran = deployed(fab)
    assert (ran.code, {host.live for host in there}) == (5 if len(case.begun) > 1 else 3, {OLD})
    for name, host in zip(case.names, there, strict=True):
        swaps = 0 if name not in case.begun else 1 if host is bad else 2
        assert host.sent.count("cutover") == swaps
        earlier = name in case.begun and NAMES.index(name) // case.batch < case.failing // case.batch
        assert host.sent.count("post-release") == (2 if earlier else 0)


@pytest.mark.parametrize("what", [failed("unhealthy", step="health"), failed("nginx failed")])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_post_release_that_fails_on_one_puts_each_back_to_what_it_ran(
    fab: Fab, fleet: Fleet, hosts: Hosts, case: Case, what: object
) -> None:
    there = fleet(case.names, batch=case.batch)
    for host in there[1::2]:  # of another history
        host.live, host.previous = OLDER, ""
    first = [host.live for host in there]
    hosts[case.names[case.failing]].answers["post-release"] = [what]  # type: ignore[list-item]
    ran = deployed(fab)
    assert (ran.code, [host.live for host in there], {host.pending for host in there}) == (5, first, {False})
    for name, host in zip(case.names, there, strict=True):
        assert host.sent.count("cutover") == (2 if name in case.begun else 0)
        assert host.written == (["ok", "ok"] if name in case.begun and name != case.names[case.failing] else host.written)
    assert f"{OLD} is live again" in ran.err


def test_batches_go_back_the_newest_first(fab: Fab, fleet: Fleet) -> None:
    there = fleet(NAMES[:3], batch=1)
    order = list[int]()

    def back(number: int) -> Outcome:
        order.append(number)
        return there[number].swap()()

    for number, host in enumerate(there):
        host.answers["cutover"] = [host.swap(), functools.partial(back, number)]
    there[2].answers["post-release"] = [failed("nginx failed")]
    assert (deployed(fab).code, order) == (5, [2, 1, 0])


@pytest.mark.parametrize("case", [case for case in CASES if case.many > 1], ids=str)
def test_one_that_cannot_be_put_back_is_named(fab: Fab, fleet: Fleet, hosts: Hosts, case: Case) -> None:
    there = fleet(case.names, batch=case.batch)
    name = case.names[case.failing]
    hosts[name].answers["post-release"] = [failed("nginx failed")]
    hosts[name].answers["cutover"] = [hosts[name].swap(), failed("the disk is full", step="swap")]
    ran = deployed(fab)
    assert (ran.code, hosts[name].live, {host.live for host in there if host is not hosts[name]}) == (4, NEW, {OLD})
    assert "It could not be put back" in ran.err
    assert name in ran.err


@pytest.mark.parametrize("case", [case for case in CASES if case.many > 1], ids=str)
def test_one_that_is_lost_after_its_swap_counts_as_failed_while_a_batch_is_still_to_come(
    fab: Fab, fleet: Fleet, hosts: Hosts, case: Case
) -> None:
    there = fleet(case.names, batch=case.batch)
    lost = hosts[case.names[case.failing]]
    lost.answers["post-release"] = [lost.goes_away()]
    ran = fab("deploy", "--ref", "master", "--patience", "0")
    last = len(case.begun) >= case.many
    others = {host.live for host in there if host is not lost}
    assert (ran.code, lost.live, others) == (4, NEW, {NEW} if last else {OLD})
    assert case.names[case.failing] in ran.err


@pytest.mark.parametrize("case", [case for case in CASES if case.many > 1], ids=str)
def test_one_whose_swap_is_unsure_is_8(fab: Fab, fleet: Fleet, hosts: Hosts, case: Case) -> None:
    there = fleet(case.names, batch=case.batch)
    lost = hosts[case.names[case.failing]]
    lost.answers["cutover"] = [lost.goes_away(lost.swap())]
    ran = fab("deploy", "--ref", "master", "--patience", "0")
    others = {host.live for host in there if host is not lost}
    last = len(case.begun) >= case.many
    assert (ran.code, others) == (8, {NEW} if last else {OLD})
    assert {host.pending for host in there if host is not lost} <= {False}, "the others went on without it"


def test_a_lock_that_somebody_has_on_one_lets_all_go(fab: Fab, fleet: Fleet) -> None:
    there = fleet(NAMES[:3])
    there[1].answers["lock"] = [taken("ada")]
    ran = deployed(fab)
    assert (ran.code, [host.sent for host in there]) == (6, [["try", "lock"]] * 3)
    there[0].answers["lock"] = [taken("ada")]
    assert deployed(fab).code == 6
    assert [host.sent.count("lock") for host in there] == [2, 1, 1], "the primary's is the first, alone"


def test_a_host_that_cannot_be_reached_is_7_and_nothing_is_written_anywhere(fab: Fab, fleet: Fleet) -> None:
    there = fleet(NAMES[:3])
    there[2].away = True
    ran = deployed(fab)
    assert (ran.code, [host.changed for host in there]) == (7, [[], [], []])
    assert "web3" in ran.err


def test_one_commit_and_one_name_on_all(fab: Fab, fleet: Fleet) -> None:
    there = fleet(NAMES[:3])
    deployed(fab)
    built = [host.about("build").release for host in there]
    assert {release.name for release in built} == {NEW}
    assert [release.commit for release in built] == ["", "c" * 40, "c" * 40]


def test_migrations_run_once(fab: Fab, fleet: Fleet) -> None:
    there = fleet(NAMES[:3], migrate=["migrate"])
    assert deployed(fab).code == 0
    assert [host.sent.count("migrate") for host in there] == [1, 0, 0]
    assert [host.sent.count("still-live") for host in there] == [0, 1, 1]


def test_release_takes_no_notice_of_batches(fab: Fab, fleet: Fleet) -> None:
    there = fleet(NAMES[:3], batch=1, pause=30)
    assert fab("release", "--ref", "master").code == 0
    assert 30 not in there[0].clock.pauses
    there = fleet(NAMES[:3], batch=1)
    there[1].answers["cutover"] = [failed("no", step="swap")]
    ran = fab("release", "--name", OLDER)
    assert (ran.code, [host.live for host in there]) == (5, [NEW] * 3)
    assert ["post-release" in host.sent for host in there] == [False] * 3


def test_a_rollback_goes_to_the_newest_that_is_sealed_on_all(fab: Fab, fleet: Fleet) -> None:
    there = fleet(NAMES[:2])
    assert fab("rollback").code == 0
    assert [host.live for host in there] == [OLDER, OLDER]


def test_a_rollback_without_one_that_is_everywhere_is_3_and_names_who_lacks_what(fab: Fab, fleet: Fleet) -> None:
    there = fleet(NAMES[:3])
    del there[2].sealed[OLDER]
    ran = fab("rollback")
    assert (ran.code, {host.live for host in there}) == (3, {OLD})
    assert f"web3 has no complete release '{OLDER}'" in ran.err


def test_a_defect_in_the_build_of_one_ends_the_others_that_wait_for_its_commit(fab: Fab, fleet: Fleet) -> None:
    there = fleet(NAMES[:3])
    there[0].answers["build"] = [RuntimeError("a defect")]
    ran = deployed(fab)
    assert (ran.code, [host.live for host in there]) == (3, [OLD] * 3)
    assert "a defect of this tool: RuntimeError: a defect" in ran.err


def test_a_lost_link_during_the_build_of_one_ends_the_others(fab: Fab, fleet: Fleet) -> None:
    there = fleet(NAMES[:2])
    there[0].answers["build"] = [CUT]
    there[0].away = False
    there[1].answers["build"] = [there[1].goes_away()]
    ran = fab("deploy", "--ref", "master", "--patience", "0")
    assert (ran.code, [host.live for host in there]) == (7, [OLD, OLD])
