"""The services of the sandbox are small, and real."""

import json
from pathlib import Path

import pytest

from tasks.sandbox.world import Sandbox
from tests.support.sandbox import get, make_live, run, text


def test_sudo_refuses_what_the_policy_does_not_allow(fresh_sandbox: Sandbox) -> None:
    (fresh_sandbox.folder / "sudoers").write_text("systemctl reload site-web\n")
    assert run(fresh_sandbox, "ubuntu", "sudo -n -l -- systemctl reload site-web").exit_status == 0
    refused = run(fresh_sandbox, "ubuntu", "sudo -n -l -- systemctl restart site-web")
    assert (refused.exit_status, b"not allowed" in (refused.stderr or b"")) == (1, True)
    assert run(fresh_sandbox, "ubuntu", "sudo -n touch done").exit_status == 1
    assert not (fresh_sandbox.service_home / "done").exists()


def test_services_need_sudo(sandbox: Sandbox) -> None:
    assert "authentication required" in text(sandbox, "ubuntu", "systemctl restart site-web")


def test_release_user_has_no_services_on_its_path(sandbox: Sandbox) -> None:
    assert str(sandbox.folder / "bin") not in text(sandbox, "ftsuser", "echo $PATH")


def test_restart_makes_a_new_process(sandbox: Sandbox) -> None:
    show = "systemctl show -p MainPID --value site-web"
    before = text(sandbox, "ubuntu", show)
    assert run(sandbox, "ubuntu", "sudo -n systemctl restart site-web").exit_status == 0
    after = text(sandbox, "ubuntu", show)
    assert before != after
    assert Path(f"/proc/{after}").exists()


def test_workers_wait_for_a_release_as_failed_units(fresh_sandbox: Sandbox) -> None:
    listed = text(fresh_sandbox, "ubuntu", "systemctl list-units --plain --no-legend 'site-worker@*'").splitlines()
    assert [line.split()[:3] for line in listed] == [
        ["site-worker@1.service", "loaded", "failed"],
        ["site-worker@2.service", "loaded", "failed"],
    ]


def test_status_shows_what_a_unit_printed_and_whether_it_runs(sandbox: Sandbox) -> None:
    status = run(sandbox, "ubuntu", "systemctl --no-pager --lines=20 status -- site-web")
    assert (status.exit_status, b"serving nothing" in (status.stdout or b"")) == (0, True)
    assert run(sandbox, "ubuntu", "systemctl status site-worker@1").exit_status == 3


def test_units_are_listed_for_a_glob_after_the_options(sandbox: Sandbox) -> None:
    listed = text(sandbox, "ubuntu", "systemctl list-units --all --plain --no-legend -- 'site-worker@*'")
    assert len(listed.splitlines()) == 2
    assert text(sandbox, "ubuntu", "systemctl list-units --all --plain --no-legend -- 'nope@*'") == ""


def test_service_that_is_told_to_fail_fails(sandbox: Sandbox) -> None:
    (sandbox.folder / "run" / "fail" / "site-web").write_text("no memory left")
    refused = run(sandbox, "ubuntu", "sudo systemctl restart site-web")
    (sandbox.folder / "run" / "fail" / "site-web").unlink()
    assert refused.exit_status == 1
    assert b"no memory left" in (refused.stderr or b"")


@pytest.mark.parametrize(("command", "code"), [("systemctl restart nope", 5), ("supervisorctl restart nope", 1)])
def test_unknown_service_is_an_error(sandbox: Sandbox, command: str, code: int) -> None:
    assert run(sandbox, "ubuntu", f"sudo {command}").exit_status == code


def test_fresh_host_serves_503(fresh_sandbox: Sandbox) -> None:
    assert get(fresh_sandbox)[0] == 503
    assert get(fresh_sandbox, "/health")[0] == 503


def test_release_is_seen_after_reload_and_in_workers_after_restart(fresh_sandbox: Sandbox) -> None:
    make_live(fresh_sandbox, "source-1", "v1.0")
    run(fresh_sandbox, "ubuntu", "sudo systemctl reload site-web")
    run(fresh_sandbox, "ubuntu", "sudo systemctl restart 'site-worker@*'; sudo supervisorctl restart releases")
    make_live(fresh_sandbox, "source-2", "master")
    assert "source-2 is live, and waits" in get(fresh_sandbox)[1]
    run(fresh_sandbox, "ubuntu", "sudo systemctl reload site-web")
    page = get(fresh_sandbox)[1]
    assert "new season" in page
    assert page.count("source-1") == 3, "three workers that were not restarted still run the old release"
    assert get(fresh_sandbox, "/health") == (200, "ok source-2\n")


def test_assets_are_served_through_the_live_link(fresh_sandbox: Sandbox) -> None:
    styles = []
    for name, ref in (("source-1", "v1.0"), ("source-2", "feature/new-design")):
        make_live(fresh_sandbox, name, ref)
        manifest = json.loads(get(fresh_sandbox, "/build/manifest.json")[1])
        styles.append(manifest["build/app.css"])
        assert get(fresh_sandbox, styles[-1])[0] == 200
    assert styles[0] != styles[1]


def test_release_that_was_moved_after_publish_answers_500(fresh_sandbox: Sandbox) -> None:
    make_live(fresh_sandbox, "source-1", "master")
    run(fresh_sandbox, "ftsuser", "mv releases/source-1 releases/source-2; ln -sfn ~/releases/source-2 source")
    run(fresh_sandbox, "ubuntu", "sudo systemctl reload site-web")
    status, said = get(fresh_sandbox, "/health")
    assert (status, "was made in" in said) == (500, True)
