"""What runs is what was released: judged from looks at a service, each with processes that are made up."""

from pathlib import Path

import pytest

from tasks.host.services import proof, service
from tasks.host.services.processes import Process, process, ticks
from tasks.host.services.proof import releases_in
from tests.functions.looks import LIVE, NOWHERE, OLD, RELEASES, Case, Silent, seen
from tests.functions.made import Made


def test_a_process_that_started_after_the_phase_began_is_new() -> None:
    case = Case()
    assert case.complaints(seen(case.process(0.01))) == ""


def test_a_process_that_started_after_the_program_and_before_the_phase_is_not_new() -> None:
    case = Case()
    assert "pid 8388608 (php worker) has run since 20" in case.complaints(seen(case.process(-0.02)))


def test_of_the_tick_in_which_the_phase_began_what_was_there_before_the_action_is_not_new() -> None:
    """The kernel rounds down: a quick restart and the phase may have begun in one tick."""
    case = Case()
    same = case.process(0)
    same.started -= 1
    assert case.complaints(seen(same)) == ""
    assert "has run since 20" in case.complaints(seen(same), before=seen(same))


def test_the_clock_of_the_phase_is_the_one_of_start_times() -> None:
    before = process(1)
    assert before is not None
    assert before.started < ticks(Made().began)


def test_a_process_with_a_file_in_another_release_is_named_with_that_release() -> None:
    case = Case()
    look = seen(case.process(1, arguments=f"php {RELEASES}/{OLD}/bin/console"))
    assert f"from {OLD}" in case.complaints(look)


@pytest.mark.parametrize("path", [f"{RELEASES}/{OLD}.bak/x", f"/else{RELEASES}x/{OLD}", f"{RELEASES}/other-20260101T000000Z/x"])
def test_what_only_looks_like_a_release_is_none(path: str) -> None:
    assert releases_in([path], [RELEASES], "source") == set()


def test_a_release_that_is_named_by_another_path_of_its_directory_is_one(tmp_path: Path) -> None:
    (tmp_path / "data/releases").mkdir(parents=True)
    (tmp_path / "home").symlink_to("data")
    text = f"php {tmp_path}/home/releases/{OLD}/bin/console"
    assert releases_in([text], [str(tmp_path / "data/releases")], "source") == {OLD}
    folders = ["/data/releases", "/home/ftsuser/releases"]
    assert releases_in([f"php /home/ftsuser/releases/{OLD}/bin/console"], folders, "source") == {OLD}


def test_a_release_in_a_directory_with_a_blank_in_its_name_is_one() -> None:
    assert releases_in([f"php /srv/a site/releases/{OLD}/bin/console"], ["/srv/a site/releases"], "source") == {OLD}


def test_without_the_path_of_a_release_nothing_is_one() -> None:
    assert releases_in([f"/{OLD}/x"], [], "source") == set()


def test_after_a_reload_the_main_process_stays_when_its_workers_are_new() -> None:
    case = Case("reload")
    master = case.process(-100, arguments="nginx: master process")
    assert case.complaints(seen(master, case.process(0.1, NOWHERE + 1, "nginx: worker"))) == ""
    assert "use restart" in case.complaints(seen(master))


def test_an_old_worker_after_a_reload_is_waited_for_unless_it_is_leaving() -> None:
    case = Case("reload")
    master, new = case.process(-100, arguments="master"), case.process(0.1, NOWHERE + 1)
    old = case.process(-50, NOWHERE + 2, "nginx: worker process")
    leaving = case.process(-50, NOWHERE + 2, "nginx: worker process is shutting down")
    assert "before this" in case.complaints(seen(master, new, old))
    assert case.complaints(seen(master, new, leaving)) == ""


def test_after_a_reload_a_process_in_the_live_release_has_followed() -> None:
    case = Case("reload")
    assert case.complaints(seen(case.process(-100, arguments=f"app {RELEASES}/{LIVE}/bin"))) == ""


def test_a_main_process_that_reads_its_code_through_the_live_link_does_not_follow_by_a_reload() -> None:
    case = Case("reload")
    master, new = case.process(-100, arguments="node /home/ftsuser/source/server.js"), case.process(1, NOWHERE + 1)
    assert "before this" in case.complaints(seen(master, new))


def test_a_process_that_the_service_let_go_of_is_left_behind() -> None:
    case = Case()
    child = case.process(-100, NOWHERE + 1, "sleep 1002")
    before = seen(case.process(-100), child)
    now = seen(case.process(1, NOWHERE + 2), main=NOWHERE + 2, others=(child,))
    assert "(sleep) was left behind, and has run since" in case.complaints(now, before)


def test_a_pid_that_another_process_has_by_now_is_not_left_behind() -> None:
    case = Case()
    before = seen(case.process(-100, NOWHERE + 1))
    now = seen(case.process(1), others=(case.process(2, NOWHERE + 1),))
    assert case.complaints(now, before) == ""


def test_php_fpm_is_asked_once_nothing_else_is_wrong() -> None:
    case = Case("reload", Silent(answers=["the pool www gave no answer"]))
    master = case.process(-100)
    old, new = (case.process(seconds, NOWHERE + 1, "php-fpm: pool www", NOWHERE) for seconds in (-1, 1))
    assert "before this" in case.complaints(seen(master, old))
    assert case.complaints(seen(master, new)) == "the pool www gave no answer"


def test_what_the_site_has_left_in_the_group_of_php_fpm_is_no_worker() -> None:
    case = Case("reload", Silent(answers=[]))
    left = case.process(-50, NOWHERE + 1, f"sleep 100 {RELEASES}/{OLD}/x")
    here = case.process(-50, NOWHERE + 2, "sleep 100")
    new = case.process(1, NOWHERE + 3, "php-fpm: pool www", NOWHERE)
    assert case.complaints(seen(case.process(-100), left, here, new)) == ""
    assert case.proof
    assert [(each.pid, release) for each, release in case.proof.strays()] == [(left.pid, OLD), (here.pid, "")]


FPM = "/usr/sbin/php-fpm8.2"


@pytest.mark.parametrize(
    ("parent", "program", "worker"),
    [
        (NOWHERE, "/bin/sleep", True),  # as the kernel has it, whatever sudo shows
        (1, FPM, True),
        (1, f"{FPM} (deleted)", True),
        (1, "/bin/sleep", False),
        (NOWHERE + 2, FPM, False),
    ],
    ids=["a child", "an orphan", "an orphan of a program that was replaced", "a title alone", "of a php-fpm of its own"],
)
def test_a_process_that_calls_itself_a_worker_of_php_fpm_is_one_by_its_parent_or_its_program(
    monkeypatch: pytest.MonkeyPatch, parent: int, program: str, worker: bool
) -> None:
    case = Case("reload", Silent(answers=[]))
    master, new = case.process(-100), case.process(1, NOWHERE + 1, "php-fpm: pool www", NOWHERE)
    other = case.process(-100, NOWHERE + 2, "php-fpm: master process (/tmp/x)")
    old = case.process(-50, NOWHERE + 3, "php-fpm: pool www", parent)
    monkeypatch.setattr(proof, "places", lambda found: {each.pid: ["", "/", program if each is old else FPM] for each in found})
    assert ("before this" in case.complaints(seen(master, new, other, old))) == worker
    assert case.proof
    assert (old in [each for each, _ in case.proof.strays()]) == (not worker)


def test_what_systemd_complains_about_comes_first() -> None:
    case = Case()
    assert case.complaints(seen(troubles=["worker is activating (auto-restart)"])).startswith("worker is activating")


def test_a_restarted_service_runs_since_the_start_of_its_youngest_main_process() -> None:
    case = Case()
    first, second = case.process(1, NOWHERE), case.process(2, NOWHERE + 1)
    look = seen(first, second, case.process(3, NOWHERE + 2))
    look.mains = {NOWHERE, NOWHERE + 1}
    case.complaints(look)
    assert case.proof is not None
    assert case.proof.since() == second.started


def test_a_reloaded_service_runs_since_the_end_of_its_reload() -> None:
    case = Case("reload")
    case.complaints(seen(case.process(-5)))
    assert case.proof is not None
    case.proof.acted = 12345
    assert case.proof.since() == 12345


def test_a_pool_that_has_answered_needs_no_time_to_settle() -> None:
    case = Case("reload", Silent(answers=[]))
    case.complaints(seen(case.process(-5)))
    assert case.proof is not None
    assert case.proof.since() == 0


@pytest.mark.parametrize(
    ("cgroup", "inside"),
    [
        ("/system.slice/worker.service", True),
        ("/system.slice/worker.service/child", True),
        ("/system.slice/worker.service-of-another", False),
        ("/evil:/system.slice/worker.service", False),
    ],
)
def test_a_process_is_a_units_by_the_whole_path_of_its_cgroup(
    monkeypatch: pytest.MonkeyPatch, cgroup: str, inside: bool
) -> None:
    table = {7: Process(7, 1, 1, f"0::{cgroup}\n", "php worker")}
    monkeypatch.setattr(service, "running", lambda: table)
    unit = {"Id": "worker.service", "ActiveState": "active", "MainPID": "0", "ControlGroup": "/system.slice/worker.service"}
    assert service._look_systemd([unit]).pids == ({7} if inside else set())
