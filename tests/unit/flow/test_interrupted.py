"""Ctrl-C: 130, with what is live and whether a post-release is pending; and never between a rename and its history."""

import os
import signal
import threading
from collections.abc import Callable

import pytest

from tasks.remote.outcome import Outcome
from tasks.view.screen import Screen
from tests.unit.flow.conftest import Fab, Site
from tests.unit.flow.stand_in import CUT, NEW, OLD, OLDER, StandIn, failed

MIGRATE = {"services": [{"systemd": "nginx"}], "migrate": ["bin/console migrate"]}
MAY_BE_RUNNING = "build may still be running on web1; fab -H prod cancel ends it."


def pressed(host: StandIn, phase: str) -> None:
    """Ctrl-C while this program runs, and again at nothing else."""
    host.answers[phase] = [host.pressed()]


@pytest.mark.parametrize("phase", ["try", "lock", "build"])
def test_before_the_cutover_the_live_site_is_as_it_was(fab: Fab, host: StandIn, phase: str) -> None:
    pressed(host, phase)
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live) == (130, OLD)
    assert "interrupted" in ran.err
    assert "pending" not in ran.err
    assert "next: fab -H prod status" in ran.err


def test_a_build_is_ended_on_the_host(fab: Fab, host: StandIn) -> None:
    pressed(host, "build")
    ran = fab("deploy", "--ref", "master")
    assert host.sent == ["try", "lock", "build", "cancel", "state"]
    assert "interrupted during build" in ran.err
    assert f"Live: {OLD}, unchanged." in ran.err


def test_what_was_interrupted_is_not_shown_as_failed_nor_as_a_link_that_was_lost(fab: Fab, host: StandIn) -> None:
    pressed(host, "build")
    ran = fab("deploy", "--ref", "master")
    assert "the link was lost" not in ran.err
    assert "build: " not in ran.err


def test_who_worked_when_a_run_is_ended_begins_nothing_more(fab: Fab, host: StandIn) -> None:
    """The link of the build is lost just then: it is neither followed nor shown, and no lock is taken again."""
    workers: list[threading.Thread] = []

    def build() -> Outcome:
        workers.append(threading.current_thread())
        return host.pressed()()

    def cancel() -> Outcome:
        host.over.set()
        workers[0].join(30)
        return Outcome(code=0)

    host.answers |= {"build": [build], "cancel": [cancel]}
    assert fab("deploy", "--ref", "master").code == 130
    assert (host.sent, host.abandoned) == (["try", "lock", "build", "cancel", "state"], 1)


def test_a_migration_is_waited_for_and_that_is_said(fab: Fab, host: StandIn, site: Site) -> None:
    site(**MIGRATE)
    host.answers["migrate"] = [host.ctrl_c()]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live, host.changed) == (130, OLD, ["build", "migrate"])


def test_what_is_waited_for_is_named_by_the_thread_that_waits(
    fab: Fab, host: StandIn, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = threading.Event()
    note = Screen.note

    def noted(view: Screen, text: str) -> None:
        note(view, text)
        named.set()

    def goes_on() -> Outcome:
        assert named.wait(30)
        return Outcome(code=0)

    site(**MIGRATE)
    monkeypatch.setattr(Screen, "note", noted)
    host.answers["migrate"] = [host.ctrl_c(goes_on)]
    assert "migrate is waited for; Ctrl-C again leaves it to itself" in fab("deploy", "--ref", "master").err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_cancelled_ci_job_and_a_closed_terminal_wait_for_a_migration_too(
    fab: Fab, host: StandIn, site: Site, number: signal.Signals
) -> None:
    site(**MIGRATE)
    host.answers["migrate"] = [host.ctrl_c(number=number)]
    assert fab("deploy", "--ref", "master").code == 130
    assert (host.live, host.changed) == (OLD, ["build", "migrate"])


def test_a_migration_that_fails_after_a_ctrl_c_still_says_what_may_have_changed(fab: Fab, host: StandIn, site: Site) -> None:
    site(**MIGRATE)
    host.answers["migrate"] = [host.ctrl_c(lambda: failed(step="migrate"))]
    ran = fab("deploy", "--ref", "master")
    assert ran.code == 3
    assert "The database may have changed" in ran.err


def test_a_cutover_is_waited_for_and_nothing_is_put_back(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [host.ctrl_c(host.swap())]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live, host.changed) == (130, NEW, ["build", "cutover"])
    for said in (f"Live: {NEW}", "Post-release is pending", "next: fab -H prod post-release"):
        assert said in ran.err


def test_during_post_release_nothing_is_put_back_and_it_is_pending(fab: Fab, host: StandIn) -> None:
    pressed(host, "post-release")
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live, host.changed) == (130, NEW, ["build", "cutover", "post-release"])
    for said in (f"Live: {NEW}", "Post-release is pending", "next: fab -H prod post-release"):
        assert said in ran.err


def test_on_the_way_back_it_says_what_is_live_then(fab: Fab, host: StandIn) -> None:
    host.answers["post-release"] = [failed(), host.pressed()]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live) == (130, OLD)
    for said in (f"Live: {OLD}", "Post-release is pending"):
        assert said in ran.err


def test_during_prune_everything_is_done_and_nothing_is_pending(fab: Fab, host: StandIn) -> None:
    pressed(host, "prune")
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live) == (130, NEW)
    assert "pending" not in ran.err


def test_the_release_verb_leaves_its_post_release_pending(fab: Fab, host: StandIn) -> None:
    pressed(host, "prune")
    assert "Post-release is pending" in fab("release", "--ref", "master").err


def test_a_second_ctrl_c_leaves_at_once_and_says_what_may_go_on(fab: Fab, host: StandIn) -> None:
    pressed(host, "build")
    pressed(host, "cancel")
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.sent[-1]) == (130, "cancel")
    assert MAY_BE_RUNNING in ran.err


@pytest.mark.parametrize(
    ("question", "said"),
    {"cancel": MAY_BE_RUNNING, "state": "the link to web1 was lost"}.items(),
    ids=["cancel", "state"],
)
def test_what_a_host_could_not_be_asked_any_more_is_said(fab: Fab, host: StandIn, question: str, said: str) -> None:
    pressed(host, "build")
    host.answers[question] = [CUT]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, said in ran.err) == (130, True)


def test_a_host_that_does_not_answer_in_time_is_left_and_named(
    fab: Fab, host: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent() -> Outcome:
        assert host.over.wait(30)
        return CUT

    monkeypatch.setattr("tasks.flow.fleet.ORDERLY", 0.05)
    pressed(host, "build")
    host.answers["cancel"] = [silent]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.sent[-1], MAY_BE_RUNNING in ran.err) == (130, "cancel", True)


def test_ctrl_c_is_the_persons_own_again_after_a_cutover(fab: Fab) -> None:
    before = signal.getsignal(signal.SIGINT)
    fab("deploy", "--ref", "master")
    assert signal.getsignal(signal.SIGINT) is before


def test_the_connections_are_closed_whatever_happens(fab: Fab, host: StandIn) -> None:
    pressed(host, "build")
    fab("deploy", "--ref", "master")
    assert host.closed == 1


def test_a_link_that_somebody_moved_meanwhile_is_not_called_unchanged(fab: Fab, host: StandIn) -> None:
    def moved() -> Outcome:
        host.live = OLDER
        return host.pressed()()

    host.answers["build"] = [moved]
    assert f"Live: {OLDER}; it was {OLD} when this run began." in fab("deploy", "--ref", "master").err


def test_twice_leaves_a_migration_to_itself_and_says_how_to_end_it(fab: Fab, host: StandIn, site: Site) -> None:
    site(**MIGRATE)
    host.answers["migrate"] = [host.pressed(times=2)]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.sent[-1]) == (130, "migrate")
    assert f"Live: {OLD}, unchanged. migrate may still be running on web1; fab -H prod cancel ends it." in ran.err


def test_twice_in_a_cutover_claims_nothing(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [host.pressed(times=2)]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.sent[-1]) == (130, "cutover")
    assert f"Live was {OLD}, and the cutover may have happened. cutover may still be running on web1." in ran.err
    assert "next: fab -H prod status" in ran.err


def test_a_closed_terminal_is_a_ctrl_c(fab: Fab, host: StandIn) -> None:
    host.answers["build"] = [host.pressed(number=signal.SIGHUP)]
    assert fab("deploy", "--ref", "master").code == 130
    assert host.sent[-2:] == ["cancel", "state"]


def test_while_hosts_yml_is_read_a_ctrl_c_ends_at_once(fab: Fab, host: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def reading(*_: object) -> Callable[[], None]:
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("still there")

    monkeypatch.setattr("tasks.flow.verb.load", reading)
    ran = fab("status")
    assert (ran.code, host.sent, "nothing was sent to any host" in ran.err) == (130, [], True)
