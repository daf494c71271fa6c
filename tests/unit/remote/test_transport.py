"""A connection through another one ends quietly, also when the other has ended first."""

import socket
import threading

import paramiko
import pytest
from pytest_mock import MockerFixture

from tasks.remote.transport import FIRST_SESSION, Flight, Transport


class Gone(socket.socket):
    """A hop that is gone: closing what it carries would send a message over it, which fails."""

    problem: type[Exception] = EOFError

    def close(self) -> None:
        super().close()
        raise self.problem


@pytest.mark.parametrize("problem", [EOFError, OSError, ConnectionResetError])
def test_closing_it_does_not_fail_because_the_hop_before_is_gone(problem: type[Exception]) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        gone = Gone(fileno=ours.detach())
        gone.problem = problem
        transport = Transport(gone)
        transport.active = True  # type: ignore[attr-defined]
        transport.close()
        assert not transport.is_active()


@pytest.mark.parametrize("kind", [b"ssh-rsa", b"ssh-ed25519-cert-v01@openssh.com", b"\xff"])
def test_a_key_of_another_type_than_was_agreed_on_is_not_looked_at(kind: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        transport = Transport(ours)
        transport.host_key_type = "ssh-ed25519"
        key = paramiko.Message()
        key.add_string(kind)
        with pytest.raises(paramiko.SSHException, match="not of the type"):
            transport._verify_key(key.asbytes(), b"")


@pytest.mark.parametrize("ours_first", [True, False])
def test_what_a_server_says_before_ssh_is_kept(*, ours_first: bool) -> None:
    """Also where our own line comes to nobody: the server may have hung up by then."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"Not allowed at this time\r\n")
        theirs.shutdown(socket.SHUT_WR)
        if not ours_first:
            theirs.close()
        transport = Transport(ours)
        with pytest.raises(paramiko.SSHException, match="banner"):
            transport.start_client(timeout=10)
        assert transport.words == [b"Not allowed at this time\r\n"]


@pytest.mark.parametrize("opened", [True, False])
def test_a_session_that_has_ended_before_anybody_waits_for_it_is_heard_and_no_lost_link(*, opened: bool) -> None:
    """A login that ends at once; one that was refused is none."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        transport, flight, session = Transport(ours), Flight("true", b""), paramiko.Channel(0)
        session._set_transport(transport)  # type: ignore[attr-defined]
        if opened:
            session._set_remote_channel(FIRST_SESSION, 1, 1)  # type: ignore[attr-defined]
            session._feed(b"closed for maintenance\n")  # type: ignore[attr-defined]
            session._unlink()  # type: ignore[attr-defined]
        transport.flight, transport._flown = flight, session
        if opened:
            assert transport.begin(flight).recv(64) == b"closed for maintenance\n"
        else:
            with pytest.raises(EOFError):
                transport.begin(flight)


def test_the_end_of_a_session_is_answered_after_the_data_that_it_is_sent(mocker: MockerFixture) -> None:
    """OpenSSH hangs up otherwise: a login that ends at once does so while the data is on its way."""
    sent, answering = list[object](), list[threading.Thread]()

    def send(message: object) -> None:
        sent.append(message)
        if not answering:
            answering.append(threading.Thread(target=transport._send_user_message, args=("the answer",)))  # type: ignore[attr-defined]
            answering[0].start()
            answering[0].join(0.2)

    ours, theirs = socket.socketpair()
    with ours, theirs:
        transport = Transport(ours)
        transport.active = True  # type: ignore[attr-defined]
        transport.clear_to_send.set()
        mocker.patch.object(transport, "_send_message", send)
        transport._send_ahead(Flight("true", b"x" * 100_000))
        answering[0].join()
        transport.active = False  # type: ignore[attr-defined]
    assert sent[-1] == "the answer"
    assert len(sent) == len(("open", "exec", *range(4), "the answer"))


def test_a_server_that_never_begins_ssh_is_not_heard_for_ever() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"x" * 70_000)
        with pytest.raises(paramiko.SSHException, match="on and on"):
            Transport(ours).start_client(timeout=10)
