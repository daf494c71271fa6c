"""OpenSSH is sent everything at once: the key, a session, the host program and the first request."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import pytest
from fabric.config import Config
from pytest_mock import MockerFixture

from tasks.config.inventory import load
from tasks.errors import Unreachable
from tasks.phases import report
from tasks.phases.event import Event
from tasks.remote.host import Host
from tasks.remote.run import Run
from tasks.remote.transport import Flight
from tests.ssh.workstation import agent
from tests.support.acme import ENVIRONMENT, Acme
from tests.support.fab import PATIENCE

RUN = Run("0123456789ab", "anna@workstation", "status", "status")


@contextmanager
def connected(acme: Acme) -> Iterator[tuple[Host, list[Event]]]:
    """The host as the tool sees it, and what it shows."""
    environment = load(acme.workstation / "hosts.yml").environment(ENVIRONMENT)
    shown: list[Event] = []
    config = Config(ssh_config=paramiko.SSHConfig())  # type: ignore[no-untyped-call]
    host = Host(environment, environment.addresses[0].host, config, lambda _, event: shown.append(event))
    try:
        yield host, shown
    finally:
        host.close()


def test_nothing_is_waited_for_before_the_first_answer(acme: Acme, mocker: MockerFixture) -> None:
    waits = [mocker.spy(paramiko.Transport, "open_session"), mocker.spy(paramiko.Channel, "sendall")]
    with connected(acme) as (host, _):
        assert host.run(report.state(), RUN).status == "ok"
    assert [wait.call_count for wait in waits] == [0, 0]


def test_a_second_request_is_answered_on_the_same_session(acme: Acme, mocker: MockerFixture) -> None:
    opened = mocker.spy(paramiko.Transport, "open_session")
    with connected(acme) as (host, _):
        assert [host.run(phase, RUN).status for phase in (report.state(), report.history())] == ["ok", "ok"]
    assert opened.call_count == 0


def test_a_key_that_is_refused_loses_nothing(acme: Acme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent after it is not read; the next key begins anew."""
    shutil.copy(acme.host.identity_file, tmp_path / "mine")
    other = tmp_path / "other"
    paramiko.RSAKey.generate(2048).write_private_key_file(str(other))
    acme.write(identity_file=str(other))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    with agent(tmp_path / "agent", tmp_path / "mine"), connected(acme) as (host, _):
        assert host.run(report.state(), RUN).status == "ok"


def test_a_host_that_takes_no_session_says_so(acme: Acme) -> None:
    acme.host.sh("echo MaxSessions 0 >>/srv/sshd_config && kill -HUP $(pgrep -o -x sshd)")
    with connected(acme) as (host, _), pytest.raises(Unreachable, match="refuses another session"):
        host.run(report.state(), RUN)


def test_a_program_that_is_not_kept_any_more_is_sent_to_a_host_that_allows_one_session(acme: Acme) -> None:
    acme.allow_one_session()
    acme.deploy()
    acme.host.sh("rm ~ftsuser/builds/source/program-*")
    assert acme.status["live"]


def test_an_upload_of_many_messages_is_read_whole(acme: Acme) -> None:
    data = b"x" * 500_000
    with connected(acme) as (host, _):
        channel = host.connect().start(Flight("sha256sum", data))
        channel.shutdown_write()
        channel.settimeout(PATIENCE)
        assert channel.recv(64).decode() == hashlib.sha256(data).hexdigest()
