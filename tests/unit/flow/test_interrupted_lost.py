"""Ctrl-C while a link or a lock is lost: what runs on the host is ended, or named as still running."""

from tasks.errors import Unreachable
from tasks.remote.outcome import Outcome
from tests.unit.flow.conftest import Fab
from tests.unit.flow.stand_in import CUT, NEW, OLD, StandIn, lost_lock, taken


def test_while_the_lock_is_taken_again_beside_a_build_the_build_is_ended(fab: Fab, host: StandIn) -> None:
    host.answers["build"] = [CUT]
    host.answers["lock"] = [host._state, lambda: taken("me", host.runs[-1].id), host.pressed()]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.sent[-2:]) == (130, ["cancel", "state"])
    assert "interrupted during build" in ran.err


def test_while_a_host_is_connected_to_again_the_build_is_named_as_running(fab: Fab, host: StandIn) -> None:
    def away() -> Outcome:
        host.away = True
        host.answers["login"] = [Unreachable("web1: no answer"), lambda: host.press() or CUT]  # type: ignore[func-returns-value]
        return CUT

    host.answers["build"] = [away]
    ran = fab("deploy", "--ref", "master")
    assert ran.code == 130
    assert f"Live: {OLD}, unchanged." in ran.err
    assert "build may still be running on web1; fab -H prod cancel ends it." in ran.err


def test_while_a_build_is_followed_again_it_is_ended(fab: Fab, host: StandIn) -> None:
    host.answers["build"] = [CUT]
    host.answers["attach"] = [host.pressed()]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.sent) == (130, ["try", "lock", "build", "lock", "attach", "cancel", "state"])


def test_while_the_lock_is_taken_again_before_a_cutover_it_has_not_happened(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [lost_lock()]
    host.answers["lock"] = [host._state, host.ctrl_c(host._state)]
    host.answers["cutover"] += [host.swap()]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live) == (130, NEW)
    assert f"Live: {NEW}, since this run. Post-release is pending." in ran.err
