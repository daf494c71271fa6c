"""rollback: back to what was live before, or to a release that is named; then post-release."""

from collections.abc import Callable

import pytest

from tasks.remote.outcome import Outcome
from tests.unit.flow.conftest import Fab, Fleet
from tests.unit.flow.stand_in import NEW, OLD, OLDER, OTHER, StandIn, failed


def test_a_rollback_is_cutover_and_post_release(fab: Fab, host: StandIn) -> None:
    ran = fab("rollback")
    assert ran.code == 0
    assert host.sent == ["try", "lock", "cutover", "post-release", "finish"]
    assert (host.live, host.pending) == (OLDER, False)
    assert f"fab -H prod deploy --name {OLD}" in ran.out


def test_which_release_was_before_is_decided_by_the_host_under_its_lock(fab: Fab, host: StandIn) -> None:
    host.previous = NEW
    host.sealed[NEW] = "good"
    fab("rollback")
    assert host.about("cutover").release.name == NEW


def test_a_release_that_is_named_is_taken(fab: Fab, host: StandIn) -> None:
    host.previous = ""
    assert fab("rollback", "--to", OLDER).code == 0
    assert (host.live, host.about("cutover").release.name) == (OLDER, OLDER)


def test_a_bad_release_is_taken_when_named_and_said_to_be_bad(fab: Fab, host: StandIn) -> None:
    host.sealed[OLDER] = "bad"
    ran = fab("rollback", "--to", OLDER)
    assert (ran.code, host.live) == (0, OLDER)
    assert f"{OLDER} is marked bad" in ran.err


@pytest.mark.parametrize("name", [OLD, "source-20260101T000000Z", "../source", "x"])
def test_what_is_live_or_missing_is_refused(fab: Fab, host: StandIn, name: str) -> None:
    assert fab("rollback", "--to", name).code == 3
    assert host.changed == []


def test_nothing_to_go_back_to_is_3(fab: Fab, host: StandIn) -> None:
    host.previous = ""
    ran = fab("rollback")
    assert (ran.code, host.live, host.changed) == (3, OLD, [])
    assert "no good release before" in ran.err


def test_a_post_release_that_fails_leaves_the_target_live_and_puts_nothing_back(fab: Fab, host: StandIn) -> None:
    host.answers["post-release"] = [failed("nginx failed")]
    ran = fab("rollback")
    assert (ran.code, host.live, host.changed) == (4, OLDER, ["cutover", "post-release", "finish"])
    for said in ("nginx failed", f"Live: {OLDER}", "next: fab -H prod post-release"):
        assert said in ran.err


@pytest.mark.parametrize("renewed", ["", ".env.local"])
def test_one_that_fails_with_renewed_runtime_files_names_the_line_that_puts_the_former_ones_back(
    fab: Fab, host: StandIn, renewed: str
) -> None:
    def cutover() -> Outcome:
        outcome = host.swap()()
        outcome.facts.update({"renewed": renewed} if renewed else {})
        return outcome

    host.answers["cutover"] = [cutover]
    host.answers["post-release"] = [failed("unhealthy")]
    ran = fab("rollback")
    back = f"next: fab -H prod rollback --keep-runtime-files --to {OLDER} #"
    assert (ran.code, back in ran.err) == (4, bool(renewed))


@pytest.mark.parametrize(
    ("words", "files"), [((), "back"), (("--keep-runtime-files",), "own"), (("--keep-runtime-files", "--to", OLD), "own")]
)
def test_the_target_has_what_counts_now_or_its_own_and_what_is_live_may_have_its_own_again(
    fab: Fab, site: Callable[..., None], host: StandIn, words: tuple[str, ...], files: str
) -> None:
    site(runtime_files=[".env.local"])
    assert fab("rollback", *words).code == 0
    cutover = next(phase for phase in host.phases if phase.name == "cutover")
    assert [step.arguments for step in cutover.steps if step.name == "runtime files"] == [(files, ())]


@pytest.mark.parametrize(("keys", "said"), [({"migrate": ["migrate"]}, True), ({}, False)])
def test_migrations_are_not_undone_and_that_is_said_where_there_are_any(
    fab: Fab, site: Callable[..., None], keys: dict[str, list[str]], said: bool
) -> None:
    site(**keys)
    assert ("Migrations are not undone" in fab("rollback").err) is said


def test_the_line_forward_names_a_release_that_each_host_has(fab: Fab, fleet: Fleet) -> None:
    hosts = fleet(("web1", "web2"))
    assert f"fab -H prod deploy --name {OLD} # to go forward again" in fab("rollback").out
    hosts[1].live, hosts[1].sealed[OTHER] = OTHER, "live"
    ran = fab("rollback", "--to", OLD)
    assert ran.code == 0
    assert "fab -H prod deploy --ref master # to go forward again" in ran.out


def test_where_nothing_was_live_there_is_no_line_forward(fab: Fab, host: StandIn) -> None:
    host.live, host.sealed = "", {OLDER: "good"}
    ran = fab("rollback", "--to", OLDER)
    assert (ran.code, "forward" in ran.out) == (0, False)
