"""Host certificates: when they are asked for, and what they are taken for."""

from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from tasks.remote.connection import is_alive
from tests.ssh.ssh_server import SshServer, public
from tests.ssh.workstation import ECDSA, ED25519, OTHER, Workstation

AUTHORITY = asyncssh.generate_private_key("ssh-ed25519")
NAME = "127.0.0.1"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workstation]:
    with Workstation(tmp_path, monkeypatch) as workstation:
        workstation.know(f"@cert-authority * {public(AUTHORITY)}\n")
        yield workstation


def certified(here: Workstation, name: str = NAME, *more: asyncssh.SSHKey, **options: object) -> SshServer:
    """A server with a certificate for ED25519, and these keys besides."""
    certificate = AUTHORITY.generate_host_certificate(ED25519, "web1", principals=[name])
    return here.serve(ED25519, *more, server_host_certs=[certificate], **options)


def agreed(here: Workstation, server: SshServer, **options: object) -> str:
    """The type of host key that was agreed on, in a connection that was trusted."""
    with here.reach(server.port, **options) as connection:  # type: ignore[arg-type]
        assert is_alive(connection)
        assert connection.transport is not None
        return str(connection.transport.host_key_type)


def test_a_certificate_is_asked_for_where_an_authority_is_known(here: Workstation) -> None:
    assert agreed(here, certified(here)) == "ssh-ed25519-cert-v01@openssh.com"


@pytest.mark.parametrize("lines", ["", f"@cert-authority other.example {public(AUTHORITY)}\n"])
def test_without_an_authority_the_plain_key_is_asked_for(here: Workstation, lines: str) -> None:
    server = certified(here)
    here.know(server.known(), lines)
    assert agreed(here, server) == "ssh-ed25519"


def test_a_pin_asks_for_its_plain_key(here: Workstation) -> None:
    assert agreed(here, certified(here), host_key=public(ED25519)) == "ssh-ed25519"


def test_beside_an_authority_a_known_key_is_asked_for_where_there_is_no_certificate(here: Workstation) -> None:
    server = here.serve(ED25519, ECDSA)
    here.know(f"@cert-authority * {public(AUTHORITY)}\n", server.known(1))
    assert agreed(here, server) == "ecdsa-sha2-nistp256"


def test_an_authority_of_the_host_without_its_port_counts_and_the_name_has_no_port(here: Workstation) -> None:
    here.know(f"@cert-authority {NAME} {public(AUTHORITY)}\n")
    assert agreed(here, certified(here))


def test_an_authority_of_the_host_with_its_port_counts_alone(here: Workstation) -> None:
    server = certified(here)
    here.know(f"@cert-authority [{NAME}]:{server.port} {public(OTHER)}\n", f"@cert-authority {NAME} {public(AUTHORITY)}\n")
    assert "signed by another authority" in here.refusal(server.port).what
    assert server.logins == []


def test_the_name_is_the_alias_of_ssh_config(here: Workstation) -> None:
    settings = here.config(f"Host {NAME}\n  HostKeyAlias i-0123\n")
    here.know(f"@cert-authority i-* {public(AUTHORITY)}\n")
    assert agreed(here, certified(here, "i-0123"), config=settings)
    error = here.refusal(certified(here).port, config=settings)
    assert "is for '127.0.0.1', not for 'i-0123'" in error.what
    assert "ssh-keygen -s AUTHORITY -h -I i-0123 -n i-0123" in error.next


def test_a_bastion_shows_a_certificate_too(here: Workstation) -> None:
    bastion, server = certified(here), certified(here)
    assert agreed(here, server, config=here.jumping(bastion))
    other = certified(here, "elsewhere")
    assert "the bastion of 127.0.0.1" in here.refusal(server.port, config=here.jumping(other)).what
    assert other.logins == []


def test_a_refused_certificate_is_shown_with_its_authorities(here: Workstation) -> None:
    server = certified(here, "web2")
    error = here.refusal(server.port)
    assert f"offered: ssh-ed25519 {ED25519.get_fingerprint()}" in error.details
    assert any(line.startswith(f"authority: ssh-ed25519 {AUTHORITY.get_fingerprint()}") for line in error.details)
    assert server.logins == []


def test_an_authority_may_come_from_a_command(here: Workstation) -> None:
    settings = here.config(f"KnownHostsCommand /bin/echo @cert-authority %H {public(AUTHORITY)}\n")
    here.know("")
    assert agreed(here, certified(here), config=settings)
