"""The wire: its settings, and servers that do not answer as they should."""

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest
from pytest_mock import MockerFixture

from tasks.remote.connection import is_alive
from tests.ssh.ssh_server import SshServer
from tests.ssh.workstation import ED25519, MINE, OTHER, Workstation, free_port, talker


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workstation]:
    with Workstation(tmp_path, monkeypatch) as workstation:
        yield workstation


def test_the_socket_is_set_to_send_at_once_and_to_give_up_on_silence(here: Workstation) -> None:
    server = here.known_server()
    with here.reach(server.port) as connection:
        sock = connection.transport.sock
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 15_000


def test_the_bastions_socket_is_the_one_that_is_set(here: Workstation) -> None:
    bastion, server = here.serve(OTHER), here.serve()
    here.know(server.known(), bastion.known())
    with here.reach(server.port, config=here.jumping(bastion)) as connection:
        channel = connection.transport.sock
        assert isinstance(channel, paramiko.Channel)
        outermost = channel.get_transport().sock
        assert isinstance(outermost, socket.socket)
        assert outermost.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def test_every_hop_is_kept_alive_every_five_seconds(here: Workstation, mocker: MockerFixture) -> None:
    bastion, server = here.serve(OTHER), here.serve()
    here.know(server.known(), bastion.known())
    keep_alive = mocker.spy(paramiko.Transport, "set_keepalive")
    with here.reach(server.port, config=here.jumping(bastion)):
        assert [call.args[1] for call in keep_alive.call_args_list] == [5, 5]


def test_a_server_that_dies_is_noticed(here: Workstation) -> None:
    with SshServer(ED25519, authorized=[MINE]) as server:
        here.know(server.known())
        connection = here.reach(server.port)
        assert is_alive(connection)
    assert connection.transport is not None
    connection.transport.join(20)
    assert not is_alive(connection)


def test_an_ipv6_address_is_reached(here: Workstation) -> None:
    try:
        server = here.serve(host="::1")
    except OSError:
        pytest.skip("no IPv6 on this machine")
    here.know(server.known())
    with here.reach(server.port, host="::1") as connection:
        assert is_alive(connection)


def test_nothing_listening_is_said(here: Workstation) -> None:
    port = free_port()
    assert f"connection refused: nothing listens on port {port}" in here.refusal(port).what


def test_a_server_that_speaks_no_ssh_is_said(here: Workstation) -> None:
    with talker(b"HTTP/1.0 400 Bad Request\r\n\r\n" * 200) as port:
        error = here.refusal(port, config=here.config("ConnectTimeout 1\n"))
    assert "it answers, and does not begin SSH" in error.what
    assert "the host said: HTTP/1.0 400 Bad Request" in error.details


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b""])
def test_what_a_server_says_instead_of_ssh_is_shown(here: Workstation, end: bytes) -> None:
    """As sshd does when MaxStartups is reached, or for an address that it makes wait."""
    with talker(b"Exceeded MaxStartups" + end, hangs_up=True) as port:
        error = here.refusal(port)
    assert "it answers, and does not begin SSH" in error.what
    assert error.details == ("the host said: Exceeded MaxStartups",)


def test_a_server_that_says_nothing_is_none(here: Workstation) -> None:
    with talker(b"", hangs_up=True) as port:
        assert "no SSH server answers there" in here.refusal(port).what


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-stalled\r\n"], ids=["silent", "stalled in the handshake"])
def test_a_server_that_says_no_more_does_not_hang(here: Workstation, said: bytes) -> None:
    with talker(said) as port:
        error = here.refusal(port, config=here.config("ConnectTimeout 1\n"))
    assert f"127.0.0.1 (ftsuser@127.0.0.1:{port})" in error.what


def test_no_common_way_to_encrypt_is_said(here: Workstation) -> None:
    server = here.serve(encryption_algs=["chacha20-poly1305@openssh.com"])
    here.know(server.known())
    assert "share no way to encrypt" in here.refusal(server.port).what


def test_nothing_of_paramiko_reaches_the_terminal(
    here: Workstation, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler()])
    paramikos = logging.getLogger("paramiko")
    without_pytests = [handler for handler in paramikos.handlers if type(handler) is logging.NullHandler]
    monkeypatch.setattr(paramikos, "handlers", without_pytests)
    with talker(b"garbage\n" * 200) as port:
        here.refusal(port, config=here.config("ConnectTimeout 1\n"))
    assert capfd.readouterr() == ("", "")
