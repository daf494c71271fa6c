"""Every way of not reaching a host is one clear sentence."""

import errno
import socket
from pathlib import Path
from typing import Any

import paramiko
import pytest
from paramiko.auth_strategy import AuthFailure, AuthResult, SourceResult

from tasks.remote.failures import unreachable
from tasks.remote.login import Attempt
from tasks.remote.route import Hop

HOP = Hop(
    name="web1",
    host="10.0.0.1",
    port=22,
    user="ftsuser",
    bastion_of=None,
    timeout=10,
    proxy_command=None,
    known_as=("10.0.0.1",),
    known_hosts=(Path("known_hosts"),),
    pin=None,
    identities=(),
    identities_only=False,
    agent=None,
    by_hand=("ssh", "ftsuser@web1"),
)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (socket.gaierror(-2, "Name or service not known"), "the name 10.0.0.1 cannot be resolved"),
        (TimeoutError("timed out"), "no answer within 10 s"),
        (ConnectionRefusedError(111, "Connection refused"), "nothing listens on port 22"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "no route to 10.0.0.1"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "no route to 10.0.0.1"),
        (ConnectionResetError(104, "Connection reset by peer"), "Connection reset by peer"),
        (UnicodeError("label too long"), "'10.0.0.1' is not a host name"),
        (paramiko.SSHException("Error reading SSH protocol banner"), "no SSH server answers there"),
        (paramiko.ssh_exception.IncompatiblePeer("no acceptable ciphers"), "no acceptable ciphers"),
        (paramiko.ChannelException(2, "Connect failed"), "the bastion before it could not connect to it"),
        (EOFError(), "closed during the handshake"),
        (paramiko.SSHException("Timeout opening channel."), "Timeout opening channel"),
    ],
)
def test_a_failure_is_one_sentence_that_names_the_host(error: Exception, sentence: str) -> None:
    found = unreachable(HOP, error)
    assert found.what.startswith("web1 (ftsuser@10.0.0.1:22): ")
    assert sentence in found.what
    assert "\n" not in found.what
    assert found.next == "ssh ftsuser@web1 true"
    assert found.code == 7


def test_a_proxy_command_that_is_slow_is_shown_with_the_option_for_more_time() -> None:
    found = unreachable(
        HOP._replace(proxy_command="aws ssm", timeout=30), paramiko.SSHException("Error reading SSH protocol banner")
    )
    assert found.details == (
        "ProxyCommand: aws ssm",
        "it said: nothing",
        "30 s are the longest that is waited for it; for 60 s: fab -t 60",
    )


def test_a_host_that_speaks_before_ssh_is_no_host_without_ssh() -> None:
    found = unreachable(HOP, paramiko.SSHException("Error reading SSH protocol banner"), "", [b"Exceeded MaxStartups\r\n"])
    assert found.what.endswith("it answers, and does not begin SSH")
    assert found.details == ("the host said: Exceeded MaxStartups",)


def refused(*tries: tuple[str, Any]) -> AuthFailure:
    results = [SourceResult(Attempt(HOP, label, paramiko.SSHException()), result) for label, result in tries]
    return AuthFailure(AuthResult(None, results))  # type: ignore[arg-type]


def test_a_refused_login_lists_each_key_with_its_reason() -> None:
    said = paramiko.AuthenticationException("Authentication failed.")
    found = unreachable(HOP, refused(("a", said), ("b", paramiko.SSHException("encrypted")), ("agent", TimeoutError())))
    assert found.details == ("a: refused", "b: encrypted", "agent: does not answer")


def test_a_login_without_any_key_says_so() -> None:
    assert unreachable(HOP, refused()).details[0].startswith("no key to try")


EOF = paramiko.AuthenticationException("Authentication failed: transport shut down or saw EOF")


def test_a_host_that_hangs_up_without_a_word_is_guessed_at() -> None:
    assert "after too many keys?" in unreachable(HOP, refused(("a", EOF))).details[0]


def test_the_last_words_of_a_host_are_shown_in_whatever_it_ends() -> None:
    found = unreachable(HOP, EOFError(), "", [b"one\n\xff\n", b"two"])
    assert found.details == ("the host said: one", "the host said: \ufffd", "the host said: two")
    assert len(unreachable(HOP, EOFError(), "", [b"line\n" * 1000]).details) == 20


def test_a_session_that_is_refused_while_the_key_is_tried_is_no_login_that_is_refused() -> None:
    error = unreachable(HOP, refused(("~/.ssh/id", paramiko.ChannelException(2, "Connect failed"))))
    assert "10.0.0.1 refuses another session on the same connection (Connect failed)" in error.what
    assert "MaxSessions" in error.next
