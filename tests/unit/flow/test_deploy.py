"""deploy: release and post-release, and the way back when post-release fails."""

from collections.abc import Callable

import pytest

from tasks.errors import Unreachable
from tasks.remote.outcome import Outcome
from tests.unit.flow.conftest import Fab
from tests.unit.flow.stand_in import CUT, NEW, OLD, OLDER, StandIn, failed

Site = Callable[..., None]
SAID = "/a/file"
BACK = ["build", "cutover", "post-release", "finish", "cutover", "post-release", "finish"]


def test_a_deploy_tries_sudo_releases_serves_and_prunes_last(fab: Fab, host: StandIn) -> None:
    assert fab("deploy", "--ref", "master").code == 0
    assert host.sent == ["try", "lock", "build", "cutover", "post-release", "in-use", "finish", "prune"]
    assert (host.live, host.pending) == (NEW, False)


def test_what_needs_no_answer_leaves_together(fab: Fab, host: StandIn) -> None:
    """Each phase that leaves alone is a round trip more."""
    assert fab("deploy", "--ref", "master").code == 0
    assert host.together == [("post-release", "in-use"), ("finish", "prune")]


def test_what_the_service_user_sees_in_use_is_kept_by_the_prune(fab: Fab, host: StandIn) -> None:
    host.answers["in-use"] = [Outcome(code=0, facts={"in_use": f"{OLDER} pid 7 (www-data, php a b)\n{OLD} pid 8 (root, -)"})]
    assert fab("deploy", "--ref", "master").code == 0
    used = ((OLDER, "pid 7 (www-data, php a b)"), (OLD, "pid 8 (root, -)"))
    assert host.phases[-1].steps[0].arguments == (5, used, ())
    assert (host.about("in-use").path, host.abouts[-1].path) == (f"/home/ftsuser/releases/{NEW}", "")


@pytest.mark.parametrize("answer", [CUT, failed("no python")])
def test_a_deploy_prunes_nothing_when_nobody_could_look(fab: Fab, host: StandIn, answer: Outcome) -> None:
    host.answers["in-use"] = [answer]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, "prune" in host.sent) == (0, False)
    assert "old releases were not pruned" in ran.err


def test_a_release_is_pruned_with_the_release_users_sight_alone(fab: Fab, host: StandIn) -> None:
    assert fab("release", "--ref", "master").code == 0
    assert "in-use" not in host.sent
    assert host.sent[-1] == "prune"


def test_prune_takes_the_service_users_sight_where_it_has_it(fab: Fab, host: StandIn) -> None:
    host.answers["in-use"] = [Outcome(code=0, facts={"in_use": f"{OLDER} pid 7 (a, b)"}), Unreachable("web1: could not log in")]
    for used in (((OLDER, "pid 7 (a, b)"),), ()):
        assert fab("prune").code == 0
        assert host.phases[-1].steps[0].arguments == (5, used, ())


def test_both_logins_are_opened_before_anything_is_sent(fab: Fab, host: StandIn) -> None:
    host.answers["service login"] = [Unreachable("web1: could not log in")]
    assert fab("deploy", "--ref", "master").code == 7
    assert (host.sent, sorted(host.logins)) == ([], ["login", "service login"])


def test_the_service_user_is_logged_in_where_there_is_nothing_to_try(fab: Fab, host: StandIn, site: Site) -> None:
    site(services=[{"run": "true"}])
    host.answers["service login"] = [Unreachable("web1: could not log in")]
    assert fab("deploy", "--ref", "master").code == 7
    assert (host.sent, sorted(host.logins)) == ([], ["login", "service login"])


def test_without_services_there_is_one_login_and_nothing_to_try(fab: Fab, host: StandIn, site: Site) -> None:
    site(health=[{"url": "http://127.0.0.1/"}])
    assert fab("deploy", "--ref", "master").code == 0
    assert "try" not in host.sent
    assert host.logins == ["login"]


def test_a_sudo_that_is_refused_stops_before_the_lock(fab: Fab, host: StandIn) -> None:
    host.answers["try"] = [failed("sudo refuses ubuntu this command: 'systemctl' 'restart' 'nginx'")]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.sent) == (3, ["try"])
    assert "sudo refuses ubuntu" in ran.err


def test_post_release_is_told_where_the_live_release_is(fab: Fab, host: StandIn) -> None:
    fab("deploy", "--ref", "master")
    served = host.about("post-release")
    assert (served.release.name, served.path) == (NEW, f"/home/ftsuser/releases/{NEW}")
    assert host.about("finish").path == ""


def test_a_failed_post_release_puts_the_release_before_back(fab: Fab, host: StandIn) -> None:
    host.answers["post-release"] = [failed("http://127.0.0.1/health answers 500")]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live, host.changed) == (5, OLD, BACK)
    for said in ("answers 500", f"{OLD} is live again", "its post-release went well", f"{NEW} is marked bad"):
        assert said in ran.err


def test_what_is_put_back_is_marked_so_that_the_failed_release_is_bad(fab: Fab, host: StandIn) -> None:
    host.answers["post-release"] = [failed()]
    fab("deploy", "--ref", "master")
    there, back = (about for about, name in zip(host.abouts, host.sent, strict=True) if name == "cutover")
    assert (there.release.name, there.put_back) == (NEW, "")
    assert (back.release.name, back.put_back, back.expected) == (OLD, "yes", f"/home/ftsuser/releases/{NEW}")


def test_how_each_post_release_went_is_written_down(fab: Fab, host: StandIn) -> None:
    host.answers["post-release"] = [failed()]
    fab("deploy", "--ref", "master")
    assert host.written == ["failed", "ok"]


def test_a_release_before_whose_own_post_release_fails_too_is_5_and_said_plainly(fab: Fab, host: StandIn) -> None:
    host.answers["post-release"] = [failed("health failed"), failed("nginx failed")]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live, host.changed) == (5, OLD, BACK)
    assert "its own post-release failed: web1: post-release: nginx failed" in ran.err


def test_migrations_are_not_undone_and_that_is_said(fab: Fab, host: StandIn, site: Site) -> None:
    site(services=[{"systemd": "nginx"}], migrate=["bin/console migrate"])
    host.answers["post-release"] = [failed()]
    assert "Migrations are not undone" in fab("deploy", "--ref", "master").err


def test_without_a_release_before_the_new_one_stays_live(fab: Fab, host: StandIn) -> None:
    host.live, host.previous, host.sealed = "", "", {}
    host.answers["post-release"] = [failed("health failed")]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live, host.changed) == (4, NEW, ["build", "cutover", "post-release", "finish"])
    for said in ("health failed", f"Live: {NEW}", "no release before it"):
        assert said in ran.err


def test_a_live_link_that_somebody_moved_meanwhile_is_left_alone(fab: Fab, host: StandIn) -> None:
    host.answers["post-release"] = [failed("health failed")]
    host.answers["cutover"] = [host.swap(), failed("another release went live since")]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live) == (4, NEW)
    for said in ("health failed", f"Live: {NEW}", "another release went live since"):
        assert said in ran.err


def test_a_release_of_somebody_else_is_not_swapped_away(fab: Fab, host: StandIn) -> None:
    def meanwhile() -> object:
        host.live = OLD
        return failed("health failed")

    host.answers["post-release"] = [meanwhile]  # type: ignore[list-item]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.changed.count("cutover")) == (4, 1)


def test_a_way_back_whose_end_cannot_be_asked_is_8(fab: Fab, host: StandIn) -> None:
    host.answers["post-release"] = [failed("health failed")]
    host.answers["cutover"] = [host.swap(), host.goes_away()]
    ran = fab("deploy", "--ref", "master")
    assert ran.code == 8
    for said in ("health failed", NEW, OLD, "no answer"):
        assert said in ran.err


def test_a_way_back_that_fails_after_its_rename_is_still_back(fab: Fab, host: StandIn) -> None:
    host.answers["post-release"] = [failed("health failed")]
    host.answers["cutover"] = [host.swap(), host.swap(3, "history cannot be written")]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live, host.changed) == (5, OLD, BACK)
    for said in (f"{OLD} is live again", "history cannot be written"):
        assert said in ran.err


def test_an_outcome_that_cannot_be_written_down_is_a_warning(fab: Fab, host: StandIn) -> None:
    host.answers["finish"] = [failed("no room")]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live) == (0, NEW)
    assert "could not be recorded: no room" in ran.err


def test_a_cutover_that_fails_after_its_rename_is_4_and_puts_nothing_back(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [host.swap(3, "history cannot be written")]
    assert fab("deploy", "--ref", "master").code == 4
    assert (host.live, host.changed) == (NEW, ["build", "cutover"])


@pytest.mark.parametrize("phase", ["build", "cutover"])
def test_what_fails_before_the_cutover_puts_nothing_back(fab: Fab, host: StandIn, phase: str) -> None:
    host.answers[phase] = [failed()]
    assert fab("deploy", "--ref", "master").code == 3
    assert (host.live, host.changed[-1]) == (OLD, phase)


def test_what_a_failed_service_said_is_told_by_release_user_and_then_removed(fab: Fab, host: StandIn, site: Site) -> None:
    site(services=[{"systemd": "nginx"}], runtime_files=[".env.local"])
    host.answers["post-release"] = [failed("nginx failed", facts={"said": SAID}, tail=["seen by nobody"])]
    host.answers["finish"] = [Outcome(code=0, tail=["post-release | DSN=****"])]
    ran = fab("post-release")
    assert host.changed == ["post-release", "finish", "forget"]
    assert [(phase.as_service_user, phase.steps[-1].name, phase.steps[-1].arguments) for phase in host.phases[-2:]] == [
        (False, "last words", (SAID,)),
        (True, "forget", (SAID,)),
    ]
    assert "DSN=****" in ran.err
    assert "seen by nobody" not in ran.err
