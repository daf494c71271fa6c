"""The lock is the kernel's: it cannot be stale, and being locked out says by whom, what, and since when. And the hold."""

import os
import re
import signal
import subprocess
import time
from dataclasses import replace
from typing import Any

import pytest

from tasks.host import conversation
from tasks.host.build import links
from tasks.phases import cutover, report
from tasks.phases import lock as lock_phases
from tasks.phases.step import step
from tests.support.fab import until
from tests.support.host import LocalHost
from tests.support.snapshot import snapshot
from tests.support.talk import Ran


def is_free(host: LocalHost, seconds: float = 5) -> bool:
    return not subprocess.run(["flock", "--wait", str(seconds), host.state_dir / "lock", "true"], check=False).returncode


def refusal(host: LocalHost, verb: str = "release") -> Ran:
    with host.lock(verb) as locked:
        assert locked.refused
        return locked.refused


def test_being_locked_out_names_who_what_and_since_when(host: LocalHost) -> None:
    with host.lock("deploy"):
        done = refusal(host)
    assert done.code == 6
    assert re.search(r"^anna@laptop holds the lock: deploy, since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", done.failure)


def test_a_lock_that_has_just_been_taken_is_told_with_its_holder(host: LocalHost) -> None:
    signs_late = 'exec 8>"$1" && flock 8 && echo taken && sleep 0.8 && echo "$2" >&8; exec sleep 60'
    words = ("bash", host.state_dir / "lock", "run\tanna@laptop\tdeploy\t2026-01-01T00:00:00Z")
    with subprocess.Popen(["bash", "-c", signs_late, *words], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        failure = refusal(host).failure
        holder.kill()
    assert failure == "anna@laptop holds the lock: deploy, since 2026-01-01T00:00:00Z"


@pytest.mark.parametrize("what", ["release new\nline", "release a\tb", "release $(touch ran)", "release é 'x'"])
def test_whatever_was_asked_for_the_refusal_is_one_line_with_its_time(host: LocalHost, what: str) -> None:
    with host.start(lock_phases.lock(), replace(host.new_run("release"), what=what)) as keeper:
        keeper.until("locked")
        failure = refusal(host).failure
    assert re.search(r"since \d{4}-\d\d-\d\dT", failure)
    assert not list(host.folder.rglob("ran"))


def test_a_full_disk_is_not_a_lock_that_somebody_holds(host: LocalHost) -> None:
    (host.state_dir / "lock").unlink(missing_ok=True)
    (host.state_dir / "lock").symlink_to("/dev/full")
    done = refusal(host)
    assert (done.code, "disk may be full" in done.failure) == (3, True)


def test_history_that_cannot_be_read_is_said(host: LocalHost) -> None:
    (host.state_dir / "history").unlink(missing_ok=True)
    (host.state_dir / "history").symlink_to("history")
    done = refusal(host)
    assert (done.code, "history cannot be read" in done.failure) == (3, True)


def test_what_is_live_must_be_a_release_for_there_must_be_a_way_back(host: LocalHost) -> None:
    (host.home / "by hand").mkdir()
    host.live.symlink_to("by hand")
    done = refusal(host, "deploy")
    assert (done.code, "is not a sealed release" in done.failure) == (3, True)


def test_options_and_functions_of_the_login_do_not_reach_a_program(host: LocalHost) -> None:
    host.variables |= {"SHELLOPTS": "noclobber", "BASH_FUNC_readlink%%": "() { echo hijacked; }"}
    host.assert_live(host.release())
    assert "hijacked" not in str(host.history())


def test_state_tells_who_holds_the_lock(host: LocalHost) -> None:
    with host.lock("deploy"):
        held: Any = host.state()["lock"]
    assert (held["by"], held["what"]) == ("anna@laptop", "deploy")
    assert host.state()["lock"] is None


def test_letting_go_of_stdin_frees_the_lock(host: LocalHost) -> None:
    with host.lock() as locked:
        locked.keeper.end()
        with host.lock() as second:
            assert second.refused is None


def test_a_keeper_that_was_killed_holds_nothing(host: LocalHost) -> None:
    with host.lock() as locked:
        os.kill(locked.keeper.pid, signal.SIGKILL)
        until(lambda: is_free(host))


def test_silence_frees_the_lock_and_a_heartbeat_keeps_it(host: LocalHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "SILENCE", 0.6)
    with host.start(lock_phases.lock(), host.new_run("release")) as keeper:
        keeper.until("locked")
        for _ in range(8):
            keeper.send(b"\n")
            time.sleep(0.2)
            assert not is_free(host, 0)
        until(lambda: is_free(host, 0))


def test_a_program_that_has_let_go_of_the_lock_ends(host: LocalHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "SILENCE", 0.3)
    with host.start(lock_phases.lock(), host.new_run("release")) as keeper:
        keeper.until("end")
        with pytest.raises(AssertionError, match="ended without"):
            keeper.until("step")
    assert is_free(host, 0)


def test_a_phase_without_the_lock_of_its_run_is_refused(host: LocalHost) -> None:
    name = host.release()
    done = host.run(cutover.cutover(), host.new_run("release", release=name, live_at_start=str(host.live.readlink())))
    assert (done.code, done.facts["lost_lock"]) == (6, "yes")
    host.assert_live(name)


def test_environments_of_one_host_do_not_lock_each_other(host: LocalHost) -> None:
    with host.lock():
        host.use(live_link="source-preprod")
        host.set_up()
        with host.lock() as other:
            assert other.refused is None


@pytest.mark.parametrize("verb", ["build", "release", "deploy"])
def test_a_hold_stops_every_way_to_a_new_release(host: LocalHost, verb: str) -> None:
    assert host.run(lock_phases.hold("a\tsale $(x)\nuntil 'six'"), host.new_run("hold")).code == 0
    done = refusal(host, verb)
    assert done.code == 6
    assert "a sale $(x) until 'six'" in done.failure
    assert "anna@laptop" in done.failure
    held: Any = host.state()["hold"]
    assert (held["by"], held["reason"]) == ("anna@laptop", "a sale $(x) until 'six'")


@pytest.mark.parametrize("verb", ["rollback", "post-release", "prune"])
def test_a_hold_stops_neither_rollback_nor_post_release(host: LocalHost, verb: str) -> None:
    host.run(lock_phases.hold("no"), host.new_run("hold"))
    with host.lock(verb) as locked:
        assert locked.refused is None


def test_a_hold_of_somebody_else_is_not_replaced(host: LocalHost) -> None:
    assert host.run(lock_phases.hold("a sale"), host.new_run("hold")).code == 0
    assert host.run(lock_phases.hold("a longer sale"), host.new_run("hold")).code == 0
    done = host.run(lock_phases.hold("mine"), replace(host.new_run("hold"), by="bob@desk"))
    assert (done.code, "on hold already, by anna@laptop" in done.failure) == (6, True)
    held: Any = host.state()["hold"]
    assert (held["by"], held["reason"]) == ("anna@laptop", "a longer sale")


def test_who_is_stopped_by_a_hold_is_told_whom_to_ask(host: LocalHost) -> None:
    host.run(lock_phases.hold("a sale"), replace(host.new_run("hold"), by="bob@desk"))
    assert "ask bob@desk" in refusal(host, "deploy").texts("fail")


def test_a_name_with_a_tab_is_one_field_of_a_record(host: LocalHost) -> None:
    with host.start(lock_phases.lock(), replace(host.new_run("release"), by="an\tna@lap\ntop")) as keeper:
        keeper.until("locked")
        assert refusal(host).failure.startswith("an na@lap top holds the lock: release, since 2")


def test_unhold_ends_it_and_may_be_said_twice(host: LocalHost) -> None:
    host.run(lock_phases.hold("no"), host.new_run("hold"))
    for _ in range(2):
        assert host.run(lock_phases.unhold(), host.new_run("unhold")).code == 0
    assert host.build().code == 0
    assert [entry["event"] for entry in host.history()][:2] == ["hold", "unhold"]


@pytest.mark.parametrize("phase", ["state", "history", "plan", "logs", "lock", "hold", "unhold"])
def test_a_host_that_is_not_set_up_is_told_so_and_nothing_is_written(bare_host: LocalHost, phase: str) -> None:
    environment = bare_host.environment
    phases = {
        "state": report.state(),
        "history": report.history(),
        "plan": report.plan(environment),
        "logs": report.logs(""),
        "lock": lock_phases.lock(),
        "hold": lock_phases.hold("no"),
        "unhold": lock_phases.unhold(),
    }
    before = snapshot(bare_host.home)
    done = bare_host.run(phases[phase])
    assert done.code == 3
    assert "fab -H prod setup" in done.texts("fail")
    assert snapshot(bare_host.home) == before
    assert list(bare_host.temporary.iterdir()) == []


def test_a_hold_does_not_stop_a_run_that_comes_back_for_its_lock(host: LocalHost) -> None:
    with host.lock("deploy") as locked:
        host.run(lock_phases.hold("holidays"), host.new_run("hold"))
    with host.start(lock_phases.lock(returns=True), locked.run) as keeper:
        keeper.until("locked")
    with host.lock("deploy") as refused:
        assert refused.refused
        assert "holidays" in refused.refused.failure


def test_another_release_that_is_live_by_now_is_not_called_served(host: LocalHost) -> None:
    first, second = host.release(), host.release()
    with host.lock("post-release") as locked:
        done = host.run(cutover.finish("ok"), replace(locked.run, release=first))
    assert (done.code, done.facts["live_now"]) == (3, second)
    assert [entry["event"] for entry in host.history()].count("post-release") == 0


def test_who_comes_back_to_a_host_that_was_restarted_needs_a_record_of_the_run_there(host: LocalHost) -> None:
    run = host.new_run("deploy")
    with host.start(lock_phases.lock(returns=True, restarted=True), run) as keeper:
        done = keeper.answer()
    assert (done.code, "another machine" in done.failure) == (7, True)
    with host.start(lock_phases.lock(), run) as keeper:
        assert keeper.answer().code == 0
        os.kill(keeper.pid, signal.SIGKILL)
    with host.start(lock_phases.lock(returns=True, restarted=True), run) as keeper:
        assert keeper.answer().code == 0


FIRST = lock_phases.lock("move", (step("persistent links", links.check, (("media", "/no/such/place", ""),)),))


def test_what_is_asked_first_and_fails_leaves_the_lock_and_everything_else_alone(host: LocalHost) -> None:
    before, refused = snapshot(host.home), host.run(FIRST, host.new_run("release"))
    assert (refused.code, refused.failure.split(",")[0]) == (3, "/no/such/place does not exist")
    assert (refused.all("locked"), snapshot(host.home)) == ([], before)


def test_a_host_that_is_not_set_up_is_told_so_whatever_is_asked_first(bare_host: LocalHost) -> None:
    refused = bare_host.run(FIRST, bare_host.new_run("release"))
    assert (refused.code, refused.failure) == (3, "prod is not set up on this host")
