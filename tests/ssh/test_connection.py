"""Who is trusted, by servers on loopback that count who tried to log in."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from tasks.errors import Unreachable
from tasks.remote.connection import is_alive
from tasks.remote.known_hosts import HostKeys, KnownHost
from tests.ssh.ssh_server import public
from tests.ssh.workstation import ECDSA, ED25519, OTHER, Workstation


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workstation]:
    with Workstation(tmp_path, monkeypatch) as workstation:
        yield workstation


def test_a_known_host_is_logged_in_to(here: Workstation) -> None:
    server = here.known_server()
    with here.reach(server.port) as connection:
        assert is_alive(connection)
        assert connection.run("echo hello", hide=True, in_stream=False).stdout == "echo hello"
    assert not is_alive(connection)
    assert server.logins == ["ftsuser"]


def test_an_unknown_host_key_is_refused_before_any_login(here: Workstation) -> None:
    server = here.serve()
    error = here.refusal(server.port)
    assert f"127.0.0.1 (ftsuser@127.0.0.1:{server.port}): unknown host key" in str(error)
    assert f"ssh-ed25519 {ED25519.get_fingerprint()}" in str(error)
    assert f"ssh -p {server.port} ftsuser@127.0.0.1 true" in error.next
    assert server.logins == []


def test_a_changed_host_key_shows_both_fingerprints_and_how_to_forget_the_old_one(here: Workstation) -> None:
    server = here.serve()
    here.know(server.known().replace(public(ED25519), public(OTHER)))
    error = here.refusal(server.port)
    assert "CHANGED" in error.what
    assert ED25519.get_fingerprint() in str(error)
    assert OTHER.get_fingerprint() in str(error)
    assert f"ssh-keygen -R '[127.0.0.1]:{server.port}'" in error.next
    assert server.logins == []


def test_the_pinned_key_needs_no_known_hosts(here: Workstation) -> None:
    server = here.serve()
    with here.reach(server.port, host_key=public(ED25519) + " root@host") as connection:
        assert is_alive(connection)


def test_another_key_than_the_pinned_one_is_refused_although_known_hosts_has_it(here: Workstation) -> None:
    server = here.known_server()
    error = here.refusal(server.port, host_key=public(OTHER))
    assert "hosts.yml pins" in error.what
    assert OTHER.get_fingerprint() in str(error)
    assert server.logins == []


def test_the_pinned_type_is_asked_for(here: Workstation) -> None:
    server = here.serve(ED25519, ECDSA)
    with here.reach(server.port, host_key=public(ECDSA)) as connection:
        assert connection.transport.get_remote_server_key().get_name() == "ecdsa-sha2-nistp256"


@pytest.mark.parametrize("key", [0, 1])
def test_of_several_host_keys_the_one_that_is_known_is_asked_for(here: Workstation, key: int) -> None:
    server = here.serve(ED25519, ECDSA)
    here.know(server.known(key))
    with here.reach(server.port) as connection:
        assert is_alive(connection)


def test_an_rsa_host_key_is_asked_for_by_its_sha2_names(here: Workstation) -> None:
    server = here.serve(ED25519, asyncssh.generate_private_key("ssh-rsa", key_size=2048))
    here.know(server.known(1))
    with here.reach(server.port) as connection:
        assert connection.transport.host_key_type in ("rsa-sha2-512", "rsa-sha2-256")


def test_a_hashed_known_hosts_is_read(here: Workstation) -> None:
    server = here.serve()
    salt = b"12345678901234567890"
    digest = hmac.digest(salt, f"[127.0.0.1]:{server.port}".encode(), hashlib.sha1)
    name = f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"
    here.know(server.known(name=name))
    with here.reach(server.port) as connection:
        assert is_alive(connection)


def test_a_revoked_key_is_refused_even_when_pinned(here: Workstation) -> None:
    server = here.serve()
    here.know(server.known(), f"@revoked * {public(ED25519)}\n")
    assert "revoked" in here.refusal(server.port).what
    assert "revoked" in here.refusal(server.port, host_key=public(ED25519)).what
    assert server.logins == []


def test_an_authority_vouches_for_no_plain_key_its_own_neither(here: Workstation) -> None:
    server = here.serve()
    here.know(f"@cert-authority * {public(ED25519)}\n")
    assert "unknown host key, and no host certificate" in here.refusal(server.port).what
    assert server.logins == []


def test_known_hosts_file_alone_is_read_when_given(here: Workstation) -> None:
    server = here.known_server()
    (here.home / "team").write_text("")
    assert "unknown host key" in here.refusal(server.port, known_hosts_file="~/team").what
    (here.home / "team").write_text(server.known())
    with here.reach(server.port, known_hosts_file="~/team") as connection:
        assert is_alive(connection)


def test_a_known_hosts_file_that_is_missing_is_named(here: Workstation) -> None:
    assert f"{here.home}/team (missing)" in str(here.refusal(here.serve().port, known_hosts_file="~/team"))


def test_keys_given_stand_in_for_the_files(here: Workstation) -> None:
    server = here.serve()
    line = KnownHost.parse(server.known())
    assert line is not None
    with here.reach(server.port, keys=HostKeys([line])) as connection:
        assert is_alive(connection)


def test_a_dropped_link_is_opened_again_with_the_same_distrust(here: Workstation) -> None:
    server = here.known_server()
    connection = here.reach(server.port)
    assert connection.transport is not None
    connection.transport.close()
    assert not is_alive(connection)
    here.know(server.known().replace(public(ED25519), public(OTHER)))
    with pytest.raises(Unreachable, match="CHANGED"):
        connection.open()
