"""What was released is what runs: post-release shows it for every process of every service, or says which one does not."""

import pytest

from tests.host.booted.following import Following
from tests.support.booted import Booted

LOOP = "while :; do sleep 1; done"


@pytest.fixture(scope="module")
def site(booted: Booted, tmp_path_factory: pytest.TempPathFactory) -> Following:
    """A site of a few lines, whose services the tests choose."""
    return Following(booted, tmp_path_factory.mktemp("site")).set_up()


def test_a_child_that_a_unit_leaves_running_is_named_with_its_age_and_its_place(site: Following) -> None:
    before = site.live
    site.unit("keeper", f"bash -c 'sleep 1001 & {LOOP}'", "KillMode=process")
    site.release()
    said = site.refused("post-release", [{"systemd": "keeper"}])
    assert "(sleep) has run since 20" in said
    assert f"from {before}" in said
    site.remove("keeper")


def test_a_child_that_a_supervisor_program_leaves_running_is_named(site: Following) -> None:
    site.program("sloppy", "bash -c 'sleep 1002 & exec sleep 1003'")
    site.host.sh("until supervisorctl status sloppy | grep -q RUNNING; do sleep 0.1; done")  # it has a pid then
    site.release()
    said = site.refused("post-release", [{"supervisor": "sloppy"}])
    assert "(sleep) was left behind, and has run since 20" in said
    site.host.sh("pkill -f '^sleep 1002'; rm /etc/supervisor/conf.d/sloppy.conf; supervisorctl update")


def test_a_reload_that_changes_nothing_is_found_out(site: Following) -> None:
    before = site.live
    site.unit("deaf", "sleep 1004", "ExecReload=/bin/true")
    site.release()
    said = site.refused("post-release", [{"systemd": "deaf", "action": "reload"}])
    assert "(sleep) has run since 20" in said
    assert f"from {before}" in said
    site.remove("deaf")


def test_a_reload_of_what_has_no_file_in_a_release_and_no_worker_shows_nothing(site: Following) -> None:
    site.unit("elsewhere", "sleep 1005", "ExecReload=/bin/true", place="/")
    assert "before this" in site.refused("post-release", [{"systemd": "elsewhere", "action": "reload"}])
    site.remove("elsewhere")


def test_a_unit_that_starts_and_dies_again_and_again_fails_with_its_last_words(site: Following) -> None:
    site.unit(
        "dying", "bash -c 'echo no such queue; sleep 0.4; exit 7'", "Restart=always", "RestartSec=100ms", "StartLimitBurst=99"
    )
    said = site.refused("post-release", [{"systemd": "dying"}])
    assert "no such queue" in said
    site.remove("dying")


def test_a_unit_that_does_not_come_up_shows_the_last_lines_of_its_journal(site: Following) -> None:
    site.unit("broken", "bash -c 'echo cannot read the key; exit 3'", "Type=oneshot")
    assert "cannot read the key" in site.refused("post-release", [{"systemd": "broken"}])
    site.remove("broken")


def test_a_glob_of_units_is_proven_one_by_one(site: Following) -> None:
    site.unit("many@", "sleep 101%i", start=False)
    site.host.sh("systemctl start many@1 many@2")
    before = site.deploy([{"systemd": "many@*"}])
    after = site.deploy([{"systemd": "many@*"}])
    assert before != after
    assert site.places("^/bin/sleep 101") == {f"/home/ftsuser/releases/{after}"}
    site.host.sh("systemctl stop 'many@*'")


@pytest.mark.parametrize(
    ("file", "service"),
    [
        ("/etc/nginx/conf.d/bad.conf", {"systemd": "nginx", "action": "reload"}),
        ("/etc/php/8.2/fpm/pool.d/bad.conf", {"systemd": "php8.2-fpm", "action": "reload"}),
    ],
)
def test_a_configuration_that_would_not_start_stops_the_reload(site: Following, file: str, service: dict[str, str]) -> None:
    unit = service["systemd"]
    before = site.host.sh(f"systemctl show -p MainPID,NRestarts {unit}; pgrep -P $(systemctl show -p MainPID --value {unit})")
    site.host.write(file, "[bad\nnonsense", "root")
    said = site.refused("post-release", [service])
    assert "refuses its configuration, so it was left as it runs" in said
    site.host.sh(f"rm {file}")
    assert (
        site.host.sh(f"systemctl show -p MainPID,NRestarts {unit}; pgrep -P $(systemctl show -p MainPID --value {unit})")
        == before
    )


def test_hidden_processes_are_no_proof(site: Following) -> None:
    site.unit("plain", "sleep 1006")
    site.host.sh("mount -o remount,hidepid=2 /proc")
    try:
        site.write([{"systemd": "plain"}])
        for verb, code in (("deploy --ref master", 3), ("post-release", 4), ("check", 3)):
            assert "hidepid" in site.fab(*verb.split(), code=code).said
    finally:
        site.host.sh("mount -o remount,hidepid=0 /proc")
        site.remove("plain")


def test_a_worker_may_finish_what_it_is_at_and_is_waited_for(site: Following) -> None:
    site.unit(
        "busy",
        "bash -c 'trap \"sleep 3; echo finished >/tmp/finished; exit\" TERM; while :; do sleep 0.1; done'",
        "KillMode=mixed",
    )
    site.deploy([{"systemd": "busy"}])
    site.host.sh("rm -f /tmp/finished")
    site.deploy([{"systemd": "busy"}])
    assert site.host.sh("cat /tmp/finished") == "finished"
    site.remove("busy")
