"""The embedded host keeps to what a real one does: its SSH server, its sudo, its services and its web server."""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest
import yaml

from tasks.errors import UsageError
from tasks.sandbox import world
from tasks.sandbox.host import process
from tasks.sandbox.host.layout import Layout
from tasks.sandbox.world import Sandbox

TIMEOUT = 20


def connect(sandbox: Sandbox, user: str, key: Path | None = None) -> Any:
    """A connection of a client that knows the host's key, as a context manager."""
    return asyncssh.connect(
        "127.0.0.1",
        sandbox.port,
        username=user,
        client_keys=[str(key or sandbox.identity_file)],
        known_hosts=str(sandbox.known_hosts_file),
        agent_path=None,
        config=None,
    )


async def run_async(sandbox: Sandbox, user: str, command: str, stdin: bytes = b"") -> asyncssh.SSHCompletedProcess:
    async with connect(sandbox, user) as connection:
        done: asyncssh.SSHCompletedProcess = await connection.run(command, input=stdin, encoding=None, timeout=TIMEOUT)
        return done


def run(sandbox: Sandbox, user: str, command: str, stdin: bytes = b"") -> asyncssh.SSHCompletedProcess:
    return asyncio.run(run_async(sandbox, user, command, stdin))


def text(sandbox: Sandbox, user: str, command: str) -> str:
    """What a command prints, stderr after stdout."""
    done = run(sandbox, user, command)
    return ((done.stdout or b"") + (done.stderr or b"")).decode().strip()  # type: ignore[operator, union-attr]


def get(sandbox: Sandbox, path: str = "/") -> tuple[int, str]:
    try:
        with urllib.request.urlopen(sandbox.web_url + path, timeout=TIMEOUT) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def make_live(sandbox: Sandbox, name: str, ref: str) -> None:
    """A release by hand, by the commands that hosts.yml names."""
    host = yaml.safe_load(sandbox.hosts_file.read_text())["hosts"]["sandbox"]
    build = [f"(cd {app['path']} && {' && '.join(app['bootstrap'])})" for app in host["apps"].values()]
    script = [
        "set -e; mkdir -p releases",
        f"git -c advice.detachedHead=false clone --quiet --branch {ref} '{sandbox.origin}' releases/{name}",
        f"cd releases/{name}; cp -a ~/runtime/source/. .",
        *build,
        *host["publish"],
        *host["verify"],
        f"ln -sfn ~/releases/{name} ~/source",
    ]
    done = run(sandbox, "ftsuser", "\n".join(script))
    assert done.exit_status == 0, done.stderr


def wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def events(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (sandbox.folder / "run" / "ssh.log").read_text().splitlines()]


@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_exit_code_of_a_command_reaches_the_client(sandbox: Sandbox, code: int) -> None:
    assert run(sandbox, "ftsuser", f"exit {code}").exit_status == code


def test_signal_that_ended_a_command_reaches_the_client(sandbox: Sandbox) -> None:
    done = run(sandbox, "ftsuser", "kill -TERM $$")
    assert done.exit_signal is not None
    assert done.exit_signal[0] == "TERM"


def test_signal_from_the_client_reaches_the_command(sandbox: Sandbox) -> None:
    async def signalled() -> int | None:
        async with connect(sandbox, "ftsuser") as connection:
            remote = await connection.create_process("trap 'exit 42' TERM; echo up; sleep 60 & wait")
            await remote.stdout.readline()
            remote.send_signal("TERM")
            await asyncio.wait_for(remote.wait_closed(), TIMEOUT)
            code: int | None = remote.exit_status
            return code

    assert asyncio.run(signalled()) == 42


def test_five_megabytes_come_back_as_they_went(sandbox: Sandbox) -> None:
    sent = os.urandom(5_000_000)
    received = run(sandbox, "ftsuser", "cat", stdin=sent).stdout
    assert isinstance(received, bytes)
    assert hashlib.sha256(received).digest() == hashlib.sha256(sent).digest()


def test_stdout_and_stderr_stay_apart(sandbox: Sandbox) -> None:
    done = run(sandbox, "ftsuser", "echo out; echo err >&2")
    assert (done.stdout, done.stderr) == (b"out\n", b"err\n")


def test_command_runs_in_the_home_with_a_clean_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_WORKSTATION", "1")
    lines = text(sandbox, "ubuntu", "pwd; env").splitlines()
    names = {line.partition("=")[0] for line in lines[1:]}
    assert lines[0] == str(sandbox.service_home)
    assert names <= {
        "HOME", "USER", "LOGNAME", "SHELL", "PATH", "LANG", "SSH_CONNECTION", "PWD", "SHLVL", "_",
    }  # fmt: skip


def test_two_commands_of_one_connection_run_at_once(sandbox: Sandbox) -> None:
    async def meet() -> list[Any]:
        async with connect(sandbox, "ftsuser") as connection:
            waiting = connection.run("mkfifo meeting; cat meeting", timeout=TIMEOUT)
            writing = connection.run("until [ -p meeting ]; do sleep 0.05; done; echo met > meeting", timeout=TIMEOUT)
            return list(await asyncio.gather(waiting, writing))

    assert asyncio.run(meet())[0].stdout == "met\n"


def test_daemon_that_holds_stdout_does_not_hold_the_session(sandbox: Sandbox) -> None:
    started = time.monotonic()
    assert text(sandbox, "ftsuser", "setsid sleep 60 & echo started") == "started"
    assert time.monotonic() - started < 10


def test_command_outlives_a_client_that_is_killed(sandbox: Sandbox) -> None:
    went_on = sandbox.release_home / "went-on"
    script = (
        "import asyncio, sys, asyncssh\n"
        "async def main():\n"
        "    c = await asyncssh.connect('127.0.0.1', int(sys.argv[1]), username='ftsuser', client_keys=[sys.argv[2]],"
        " known_hosts=None, config=None)\n"
        "    p = await c.create_process('echo up; cat > eof; touch went-on')\n"
        "    print(await p.stdout.readline(), flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    words = [sys.executable, "-c", script, str(sandbox.port), str(sandbox.identity_file)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        assert client.stdout.readline().strip() == b"up"
        assert not went_on.exists()
        client.kill()
    assert wait_for(went_on.exists)


def test_unknown_key_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    stranger = tmp_path / "key"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(stranger))

    async def log_in() -> None:
        async with connect(sandbox, "ftsuser", key=stranger):
            pass

    with pytest.raises(asyncssh.PermissionDenied):
        asyncio.run(log_in())


@pytest.mark.parametrize("user", ["root", "../homes/ubuntu"])
def test_unknown_user_is_refused(sandbox: Sandbox, user: str) -> None:
    with pytest.raises(asyncssh.PermissionDenied):
        run(sandbox, user, "true")


def test_log_counts_connections_and_sessions(sandbox: Sandbox) -> None:
    async def two_commands() -> None:
        async with connect(sandbox, "ubuntu") as connection:
            await connection.run("true")
            await connection.run("echo é")

    before = len(events(sandbox))
    asyncio.run(two_commands())
    new = events(sandbox)[before:]
    assert [event["event"] for event in new] == ["connection", "auth", "session", "session"]
    assert len({event["connection"] for event in new}) == 1
    assert [event.get("command_bytes") for event in new[2:]] == [4, 7]


def test_port_of_loopback_is_forwarded(sandbox: Sandbox) -> None:
    async def through() -> Any:
        async with (
            connect(sandbox, "ubuntu") as jump,
            jump.connect_ssh(
                "127.0.0.1",
                sandbox.port,
                username="ftsuser",
                client_keys=[str(sandbox.identity_file)],
                known_hosts=str(sandbox.known_hosts_file),
                config=None,
            ) as inner,
        ):
            return (await inner.run("echo $USER")).stdout

    assert asyncio.run(through()) == "ftsuser\n"


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


def test_commits_are_the_same_in_every_sandbox(sandbox: Sandbox, fresh_sandbox: Sandbox) -> None:
    def refs(origin: Path) -> str:
        return subprocess.run(["git", "-C", str(origin), "for-each-ref"], capture_output=True, check=True, text=True).stdout

    assert refs(sandbox.origin) == refs(fresh_sandbox.origin)
    assert len(refs(sandbox.origin).splitlines()) == 3


def test_start_leaves_a_running_sandbox_as_it_is(sandbox: Sandbox) -> None:
    before = process.recorded(Layout(sandbox.folder))
    assert world.start(sandbox.folder) == sandbox
    assert process.recorded(Layout(sandbox.folder)) == before


def test_two_sandboxes_run_side_by_side(sandbox: Sandbox, fresh_sandbox: Sandbox) -> None:
    assert sandbox.port != fresh_sandbox.port
    assert text(sandbox, "ftsuser", "pwd") != text(fresh_sandbox, "ftsuser", "pwd")


def test_stop_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    sandbox = world.start(tmp_path / "host")
    make_live(sandbox, "source-1", "master")
    run(sandbox, "ubuntu", "sudo systemctl restart 'site-worker@*'")
    run(sandbox, "ftsuser", "setsid sleep 60 > /dev/null 2>&1 & trap '' TERM; setsid sleep 60 > /dev/null 2>&1 &")
    layout = Layout(sandbox.folder)
    started = [*process.recorded(layout).values(), *process.inside(layout)]
    alive = [known for known in started if known.alive]
    world.stop(sandbox.folder)
    assert len(alive) >= 6
    assert not [known for known in alive if known.alive]
    assert not sandbox.folder.exists()


def test_sandbox_that_died_is_replaced(tmp_path: Path) -> None:
    first = world.start(tmp_path / "host")
    process.end(process.recorded(Layout(first.folder))["sshd"])
    second = world.start(tmp_path / "host")
    assert text(second, "ftsuser", "echo up") == "up"
    world.stop(second.folder)


def test_folder_with_something_else_in_it_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work")
    for verb in (world.start, world.stop):
        with pytest.raises(UsageError, match="no sandbox"):
            verb(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "ten years of work"


def test_failed_start_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.sandbox.origin.HISTORY", ())
    with pytest.raises(Exception, match="git origin could not be made"):
        world.start(tmp_path / "host")
    assert not (tmp_path / "host").exists()
    assert not list(process.inside(Layout(tmp_path / "host")))


def test_folder_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_DIR", "elsewhere")
    assert world.default_folder() == world.PROJECT / "elsewhere"
    monkeypatch.delenv("SANDBOX_DIR")
    assert world.default_folder() == world.PROJECT / ".sandbox"


def test_missing_asyncssh_names_the_file_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"requirements-dev\.txt"):
        world.start(tmp_path / "host")
