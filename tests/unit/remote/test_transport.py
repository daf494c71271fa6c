"""A connection through another one ends quietly, also when the other has ended first."""

import socket

import paramiko
import pytest

from tasks.remote.transport import Transport


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
