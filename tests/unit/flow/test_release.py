"""release: build, migrate, cutover, prune; what every failure on the way is worth, and in what state it leaves the host."""

from collections.abc import Callable

import pytest

from tasks.errors import Unreachable
from tasks.remote.run import Release
from tests.unit.flow.conftest import Fab
from tests.unit.flow.stand_in import CUT, NEW, OLD, OLDER, StandIn, failed

Site = Callable[..., None]


def test_a_release_is_build_cutover_prune_under_the_lock(fab: Fab, host: StandIn) -> None:
    assert fab("release", "--ref", "master").code == 0
    assert host.sent == ["lock", "build", "cutover", "prune"]
    assert host.live == NEW


def test_migrations_run_between_build_and_cutover(fab: Fab, host: StandIn, site: Site) -> None:
    site(migrate=["bin/console migrate"])
    assert fab("release", "--ref", "master").code == 0
    assert host.sent == ["lock", "build", "migrate", "cutover", "prune"]


def test_the_run_carries_what_it_does_and_the_name_that_the_host_gave(fab: Fab, host: StandIn) -> None:
    fab("release", "--ref", "feature/a b")
    run, about = host.runs[host.sent.index("build")], host.about("build")
    assert (run.verb, run.what, about.release) == ("release", "release feature/a b", Release(NEW, "feature/a b"))
    assert len({run.id for run in host.runs}) == 1


def test_two_runs_do_not_share_an_id(fab: Fab, host: StandIn) -> None:
    fab("build", "--ref", "master")
    fab("build", "--ref", "master")
    assert len({run.id for run in host.runs}) == 2


def test_the_cutover_is_told_what_was_live_when_the_run_began(fab: Fab, host: StandIn) -> None:
    fab("release", "--ref", "master")
    assert host.about("cutover").expected == f"/home/ftsuser/releases/{OLD}"


def test_it_says_what_is_live_what_was_before_and_what_to_type_next(fab: Fab) -> None:
    out = fab("release", "--ref", "master").out
    for said in (NEW, OLD, "post-release: the services still run what was live before", "fab -H prod post-release"):
        assert said in out


def test_a_release_that_was_built_before_is_not_built_again(fab: Fab, host: StandIn) -> None:
    assert fab("release", "--name", OLDER).code == 0
    assert host.sent == ["lock", "state", "cutover", "prune"]
    assert host.live == OLDER


@pytest.mark.parametrize(("name", "said"), [("source-20260101T000000Z", "no complete release"), (OLD, "is live already")])
def test_a_name_that_cannot_go_live_is_refused(fab: Fab, host: StandIn, name: str, said: str) -> None:
    ran = fab("release", "--name", name)
    assert (ran.code, host.changed) == (3, [])
    assert said in ran.err


@pytest.mark.parametrize("verb", ["release", "deploy"])
@pytest.mark.parametrize("options", [[], ["--ref", ""], ["--ref", "master", "--name", OLD]])
def test_exactly_one_of_ref_and_name_is_to_be_given(fab: Fab, host: StandIn, verb: str, options: list[str]) -> None:
    assert fab(verb, *options).code == 2
    assert host.logins == []


def test_a_failed_build_leaves_the_live_site_as_it_was(fab: Fab, host: StandIn) -> None:
    host.answers["build"] = [failed("bootstrap failed", noise=["bash: no such thing"], next="fab -H prod logs")]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live, host.changed) == (3, OLD, ["build"])
    for said in ("bootstrap failed", "bash: no such thing", f"Live: {OLD}, unchanged.", "next: fab -H prod logs"):
        assert said in ran.err


@pytest.mark.parametrize("phase", ["lock", "build", "cutover"])
def test_a_lock_that_somebody_else_holds_is_6(fab: Fab, host: StandIn, phase: str) -> None:
    host.answers[phase] = [failed("ada@desk holds the lock: deploy master, since 17:34", code=6)]
    ran = fab("release", "--ref", "master")
    assert (ran.code, [name for name in host.sent if name != "state"][-1], host.live) == (6, phase, OLD)
    assert "ada@desk holds the lock" in ran.err


def test_a_lock_that_is_refused_stops_before_anything_is_built(fab: Fab, host: StandIn) -> None:
    host.answers["lock"] = [failed("on hold", code=6)]
    fab("release", "--ref", "master")
    assert host.sent == ["lock"]


@pytest.mark.parametrize("phase", ["lock", "build"])
def test_a_link_that_is_gone_for_good_before_the_cutover_is_7(fab: Fab, host: StandIn, phase: str) -> None:
    host.answers[phase] = [host.goes_away()]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.sent[-1], host.live) == (7, phase, OLD)
    assert "may go on" in ran.err


def test_a_host_that_refuses_the_login_is_7_and_is_sent_nothing(fab: Fab, host: StandIn) -> None:
    host.answers["login"] = [Unreachable("web1: could not log in", next="ssh web1 true")]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.sent) == (7, [])
    assert "next: ssh web1 true" in ran.err


def test_a_live_link_that_moved_meanwhile_is_3(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [failed("another release went live since")]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live) == (3, OLD)
    assert "unchanged" in ran.err


def test_a_cutover_that_fails_after_the_rename_is_4(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [host.swap(3, "swap failed")]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live) == (4, NEW)
    assert f"Live: {NEW}" in ran.err


def test_a_migration_that_was_refused_has_changed_no_database(fab: Fab, host: StandIn, site: Site) -> None:
    site(migrate=["bin/console migrate"])
    host.answers["migrate"] = [failed("another release went live since", step="still live")]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live) == (3, OLD)
    assert "database" not in ran.err
    assert f"{NEW} stays built" in ran.err


def test_a_cutover_that_fails_before_the_rename_says_that_migrations_have_run(fab: Fab, host: StandIn, site: Site) -> None:
    site(migrate=["bin/console migrate"])
    host.answers["cutover"] = [failed("another release went live since", step="swap")]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live) == (3, OLD)
    assert f"Live: {OLD}, unchanged. Migrations have run." in ran.err


@pytest.mark.parametrize("code", [3, 7])
def test_a_failed_migration_is_before_the_cutover_and_may_have_changed_the_database(
    fab: Fab, host: StandIn, site: Site, code: int
) -> None:
    site(migrate=["bin/console migrate"])
    host.answers["migrate"] = [failed("migrate failed", step="migrate") if code == 3 else host.goes_away()]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live) == (code, OLD)
    assert "The database may have changed" in ran.err
    assert f"{NEW} stays built" in ran.err


@pytest.mark.parametrize("pruned", [failed("no room"), CUT])
def test_a_failed_prune_only_warns(fab: Fab, host: StandIn, pruned: object) -> None:
    host.answers["prune"] = [pruned]  # type: ignore[list-item]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live) == (0, NEW)
    assert "could not be pruned" in ran.err


@pytest.mark.parametrize("words", [("rollback", "--to", ""), ("release", "--name", ""), ("logs", "--name", " ")])
def test_an_empty_name_is_a_mistake_and_never_a_choice(fab: Fab, host: StandIn, words: tuple[str, ...]) -> None:
    assert fab(*words).code == 2
    assert host.sent == []
