"""The embedded SSH server behaves as OpenSSH does."""

import asyncio
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tasks.sandbox.world import Sandbox
from tests.support.fab import PATIENCE
from tests.support.sandbox import connect, events, run, text, wait_for


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
            await asyncio.wait_for(remote.wait_closed(), PATIENCE)
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
        "HOME", "USER", "LOGNAME", "SHELL", "PATH", "LANG", "SSH_CLIENT", "SSH_CONNECTION", "PWD", "SHLVL", "_",
    }  # fmt: skip


def test_two_commands_of_one_connection_run_at_once(sandbox: Sandbox) -> None:
    async def meet() -> list[Any]:
        async with connect(sandbox, "ftsuser") as connection:
            waiting = connection.run("mkfifo meeting; cat meeting", timeout=PATIENCE)
            writing = connection.run("until [ -p meeting ]; do sleep 0.05; done; echo met > meeting", timeout=PATIENCE)
            return list(await asyncio.gather(waiting, writing))

    assert asyncio.run(meet())[0].stdout == "met\n"


def test_daemon_that_holds_stdout_does_not_hold_the_session(sandbox: Sandbox) -> None:
    started = text(sandbox, "ftsuser", "setsid sleep 900 & echo $!")
    assert Path("/proc", started).exists()


def test_command_that_closes_its_output_is_fed_and_waited_for(sandbox: Sandbox) -> None:
    done = run(sandbox, "ftsuser", "exec >&- 2>&-; sleep 0.2; cat > fed; exit 3", stdin=b"to the end")
    assert done.exit_status == 3
    assert (sandbox.release_home / "fed").read_text() == "to the end"


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
