"""Logging in: which keys are tried, and what is said when none will do."""

import shlex
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.errors import UsageError
from tasks.remote.connection import is_alive
from tests.ssh.ssh_server import write_key
from tests.ssh.workstation import MINE, OTHER, YOURS, Workstation, agent


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workstation]:
    with Workstation(tmp_path, monkeypatch) as workstation:
        yield workstation


def test_a_refused_login_names_every_key_that_was_tried(here: Workstation) -> None:
    server = here.known_server(authorized=[YOURS])
    error = here.refusal(server.port)
    assert error.what == f"127.0.0.1 (ftsuser@127.0.0.1:{server.port}): could not log in"
    assert error.details == (f"{here.home}/.ssh/id_ed25519: refused",)
    assert error.next == f"ssh -p {server.port} ftsuser@127.0.0.1 true"


def test_the_identity_file_alone_is_tried(here: Workstation) -> None:
    server = here.known_server(authorized=[YOURS])
    path = write_key(YOURS, here.home / "a key's name")
    with here.reach(server.port, identity_file="~/a key's name"):
        assert set(server.offered) == {YOURS.get_fingerprint()}
    write_key(OTHER, path)
    error = here.refusal(server.port, identity_file="~/a key's name")
    assert error.details == (f"{path}: refused",)
    assert shlex.split(error.next)[3:5] == ["-i", str(path)]


def test_the_key_of_fab_i_is_tried(here: Workstation) -> None:
    server = here.known_server(authorized=[YOURS])
    path = write_key(YOURS, here.home / "cli")
    with here.reach(server.port, config=here.config(authentication={"identities": [path]})) as connection:
        assert is_alive(connection)


def test_a_missing_identity_file_is_an_error_before_connecting(here: Workstation) -> None:
    server = here.serve()
    with pytest.raises(UsageError, match="no-such-key does not exist"):
        here.reach(server.port, identity_file="~/no-such-key")


def test_an_encrypted_key_is_reported_and_never_asked_about(here: Workstation) -> None:
    server = here.known_server(authorized=[YOURS])
    write_key(YOURS, here.home / "locked", "a passphrase")
    error = here.refusal(server.port, identity_file="~/locked")
    assert "encrypted" in error.details[0]
    assert "ssh-add" in error.details[0]
    settings = here.config(connect_kwargs={"passphrase": "a passphrase"})
    with here.reach(server.port, identity_file="~/locked", config=settings) as connection:
        assert is_alive(connection)


def test_a_file_that_is_no_key_is_named(here: Workstation) -> None:
    server = here.known_server()
    (here.home / "notes").write_text("not a key")
    assert here.refusal(server.port, identity_file="~/notes").details == (
        f"{here.home}/notes: not a private key that can be read",
    )


def test_connecting_leaves_the_configuration_alone(here: Workstation) -> None:
    server = here.known_server()
    settings = here.config(f"IdentityFile {here.home}/.ssh/id_ed25519\n")
    here.reach(server.port, config=settings).close()
    assert dict(settings.connect_kwargs) == {}


@pytest.fixture
def silent_agent(here: Workstation, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """An agent that takes connections and never says a word."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(here.home / "agent"))
        listener.listen()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(here.home / "agent"))
        yield listener


@pytest.mark.usefixtures("silent_agent")
def test_an_agent_that_never_answers_does_not_hang(here: Workstation) -> None:
    server = here.known_server(authorized=[YOURS])
    assert here.refusal(server.port).details[-1] == f"agent at {here.home}/agent: does not answer"


@pytest.mark.usefixtures("silent_agent")
def test_an_agent_that_never_answers_is_not_asked_when_a_key_file_will_do(here: Workstation) -> None:
    server = here.known_server()
    with here.reach(server.port) as connection:
        assert is_alive(connection)


def test_an_agent_that_is_gone_is_named(here: Workstation, monkeypatch: pytest.MonkeyPatch) -> None:
    server = here.known_server(authorized=[YOURS])
    monkeypatch.setenv("SSH_AUTH_SOCK", "/nonexistent/agent")
    assert "agent at /nonexistent/agent: No such file or directory" in here.refusal(server.port).details


def test_the_agents_key_is_used_and_no_key_is_tried_twice(here: Workstation, monkeypatch: pytest.MonkeyPatch) -> None:
    server = here.known_server(authorized=[YOURS])
    others = [write_key(key, here.home / name) for key, name in ((OTHER, "other"), (YOURS, "yours"))]
    monkeypatch.setenv("SSH_AUTH_SOCK", str(here.home / "agent"))
    with agent(here.home / "agent", here.key, *others), here.reach(server.port) as connection:
        assert is_alive(connection)
    assert list(dict.fromkeys(server.offered)) == [key.get_fingerprint() for key in (MINE, OTHER, YOURS)]
    assert server.offered.count(MINE.get_fingerprint()) == 1


def test_what_the_host_says_when_it_hangs_up_is_shown_and_nothing_is_guessed(here: Workstation) -> None:
    words = "\nSystem is going down.\r\nCome back at nine.\n"
    server = here.known_server(refusal=(words, "Access denied for user ftsuser by PAM account configuration"))
    assert here.refusal(server.port).details == (
        f"{here.home}/.ssh/id_ed25519: the host hung up",
        "the host said: System is going down.",
        "the host said: Come back at nine.",
        "the host said: Access denied for user ftsuser by PAM account configuration",
    )


def test_a_host_that_was_offered_too_many_keys_says_so_itself(here: Workstation) -> None:
    server = here.known_server(refusal=("", "Too many authentication failures"))
    tried, said = here.refusal(server.port).details
    assert tried.endswith("the host hung up after too many keys: name the right one, identity_file in hosts.yml")
    assert said == "the host said: Too many authentication failures"
