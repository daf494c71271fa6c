"""An identity is a public half: where its private half and its certificates are found, and what is never offered."""

import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncssh
import pytest

from tasks.remote.connection import is_alive
from tests.ssh.ssh_server import SshServer, public, write_key
from tests.ssh.workstation import OTHER, YOURS, Workstation, agent

NINE = [asyncssh.generate_private_key("ssh-ed25519") for _ in range(9)]


@pytest.fixture(params=["whoever reads it here", "Paramiko"])
def here(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workstation]:
    """A workstation with ssh, where the machine has it, and one without."""
    if request.param == "Paramiko":
        monkeypatch.setattr("tasks.remote.reading.program", lambda: None)
    with Workstation(tmp_path, monkeypatch) as workstation:
        yield workstation


@pytest.fixture
def nine(here: Workstation, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """An agent with nine keys, the last of which is known to the host; only the public halves are left as files."""
    keys = [write_key(key, here.home / f"key{number}") for number, key in enumerate(NINE)]
    monkeypatch.setenv("SSH_AUTH_SOCK", str(here.home / "agent"))
    with agent(here.home / "agent", *keys):
        for key in keys:
            key.unlink()
        yield keys


def ninth(here: Workstation) -> SshServer:
    return here.known_server(authorized=[NINE[8]])


@pytest.mark.parametrize("named", ["~/key8.pub", "~/key8"])
def test_of_nine_keys_in_the_agent_the_one_that_is_named_is_the_only_one_offered(
    here: Workstation, nine: list[Path], named: str
) -> None:
    server = ninth(here)
    assert not nine[8].exists()
    with here.reach(server.port, config=here.config(f"IdentitiesOnly yes\nIdentityFile {named}\n")) as connection:
        assert is_alive(connection)
    assert set(server.offered) == {NINE[8].get_fingerprint()}


def test_a_public_key_may_be_the_identity_file_of_hosts_yml(here: Workstation, nine: list[Path]) -> None:
    server = ninth(here)
    with here.reach(server.port, identity_file=f"{nine[8]}.pub") as connection:
        assert is_alive(connection)
    assert set(server.offered) == {NINE[8].get_fingerprint()}


def test_a_public_key_whose_private_half_nobody_has_is_named(here: Workstation) -> None:
    server = here.known_server(authorized=[YOURS])
    write_key(YOURS, here.home / "yours").unlink()
    error = here.refusal(server.port, config=here.config("IdentityFile ~/yours.pub\n"))
    assert error.details == (f"{here.home}/yours.pub: a public key, and no agent holds the private one",)


@pytest.mark.parametrize("beside", [True, False], ids=["with .pub", "without .pub"])
def test_an_encrypted_key_that_is_in_the_agent_needs_no_passphrase(
    here: Workstation, monkeypatch: pytest.MonkeyPatch, beside: bool
) -> None:
    server = here.known_server(authorized=[YOURS])
    held = write_key(YOURS, here.home / "held")
    locked = write_key(YOURS, here.home / "locked", "a passphrase")
    if not beside:
        locked.with_name("locked.pub").unlink()
    monkeypatch.setenv("SSH_AUTH_SOCK", str(here.home / "agent"))
    settings = here.config("IdentitiesOnly yes\nIdentityFile ~/locked\n")
    with agent(here.home / "agent", held), here.reach(server.port, config=settings) as connection:
        assert is_alive(connection)


def test_the_agent_that_ssh_config_names_is_asked(here: Workstation) -> None:
    server = here.known_server(authorized=[YOURS])
    held = write_key(YOURS, here.home / "held")
    settings = here.config("IdentityAgent ~/%r.agent\n")
    with agent(here.home / "ftsuser.agent", held), here.reach(server.port, config=settings) as connection:
        assert is_alive(connection)


# --- certificates


@pytest.fixture
def certified(here: Workstation) -> Callable[[], SshServer]:
    """A host that takes only certificates of an authority; YOURS has one as elsewhere-cert.pub."""
    authority = asyncssh.generate_private_key("ssh-ed25519")
    certificate = authority.generate_user_certificate(YOURS, "yours", principals=["ftsuser"])
    certificate.write_certificate(str(here.home / "elsewhere-cert.pub"))

    def serve() -> SshServer:
        allowed = f"cert-authority {public(authority)}\n"
        return here.known_server(authorized=[], authorized_client_keys=asyncssh.import_authorized_keys(allowed))

    return serve


def test_a_certificate_belongs_to_the_identity_with_its_key(here: Workstation, certified: Callable[[], SshServer]) -> None:
    server = certified()
    for key, name in ((OTHER, "other"), (YOURS, "yours")):
        write_key(key, here.home / name)
    text = "IdentityFile ~/other\nIdentityFile ~/yours\nCertificateFile ~/elsewhere-cert.pub\n"
    with here.reach(server.port, config=here.config(text)) as connection:
        assert is_alive(connection)


def test_a_certificate_is_for_a_key_in_the_agent_too(
    here: Workstation, certified: Callable[[], SshServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = certified()
    held = write_key(YOURS, here.home / "yours")
    monkeypatch.setenv("SSH_AUTH_SOCK", str(here.home / "agent"))
    text = "IdentitiesOnly yes\nIdentityFile ~/yours.pub\nCertificateFile ~/elsewhere-cert.pub\n"
    with agent(here.home / "agent", held), here.reach(server.port, config=here.config(text)) as connection:
        assert is_alive(connection)


def test_a_key_whose_certificate_is_refused_is_tried_by_itself(here: Workstation, certified: Callable[[], SshServer]) -> None:
    certified()
    server = here.known_server(authorized=[YOURS])
    write_key(YOURS, here.home / "yours")
    text = "IdentityFile ~/yours\nCertificateFile ~/elsewhere-cert.pub\n"
    with here.reach(server.port, config=here.config(text)) as connection:
        assert is_alive(connection)


# --- KnownHostsCommand


def command(here: Workstation, *lines: str) -> str:
    """A KnownHostsCommand of these lines of Python."""
    path = here.home / "known.py"
    path.write_text("import sys\n" + "\n".join(lines) + "\n")
    return f"KnownHostsCommand {shlex.quote(sys.executable)} {path} %H %I %t %K\n"


def test_known_hosts_may_come_from_a_command(here: Workstation) -> None:
    server = here.serve()
    with here.reach(server.port, config=here.config(command(here, f"print({server.known()!r})"))) as connection:
        assert is_alive(connection)


def test_such_a_command_may_judge_the_key_that_is_offered(here: Workstation) -> None:
    server = here.serve()
    lines = "host, why, kind, key = sys.argv[1:]", "print(host, kind, key) if why == 'HOSTNAME' else None"
    with here.reach(server.port, config=here.config(command(here, *lines))) as connection:
        assert is_alive(connection)


def test_a_key_that_such_a_command_does_not_name_is_refused_before_any_login(here: Workstation) -> None:
    server = here.serve()
    error = here.refusal(server.port, config=here.config(command(here, "")))
    assert "unknown host key" in error.what
    assert "KnownHostsCommand" in str(error)
    assert server.logins == []


def test_such_a_command_that_fails_is_quoted(here: Workstation) -> None:
    server = here.serve()
    error = here.refusal(server.port, config=here.config(command(here, "sys.exit('no such host')")))
    assert "ended with 1: no such host" in error.what
    assert server.logins == []


# --- what is never offered


@pytest.mark.parametrize("identity", ["none", "~/.ssh/id_ed25519"])
def test_the_password_of_fab_is_for_the_host_and_not_for_its_bastion(here: Workstation, identity: str) -> None:
    passwords = list[str]()
    bastion, server = here.serve(OTHER, passwords=passwords), here.serve(authorized=[], passwords=passwords)
    here.know(server.known(), bastion.known())
    settings = here.jumping(
        bastion,
        more=f"  IdentityFile none\nMatch user jumper\n  IdentityFile {identity}\n",
        connect_kwargs={"password": "a secret"},
    )
    here.refusal(server.port, config=settings)
    assert passwords == ([] if identity == "none" else ["ftsuser"])


def test_a_password_is_tried_after_the_keys(here: Workstation) -> None:
    passwords = list[str]()
    server = here.known_server(authorized=[], passwords=passwords)
    error = here.refusal(server.port, config=here.config(connect_kwargs={"password": "a secret"}))
    assert (passwords, error.details[-1]) == (["ftsuser"], "password: refused")


WEAK = ("cbc", "3des", "arcfour", "md5", "sha1-96", "group1-", "group14-sha1", "group-exchange-sha1", "ssh-dss")


def test_what_openssh_offers_no_more_is_not_offered(here: Workstation) -> None:
    server = here.known_server()
    with here.reach(server.port) as connection:
        assert connection.transport is not None
        offered = connection.transport.get_security_options()
        names = [*offered.ciphers, *offered.digests, *offered.kex, *offered.key_types, *connection.transport.preferred_pubkeys]
    assert [name for name in names if name == "ssh-rsa" or any(weak in name for weak in WEAK)] == []
    assert {"aes256-gcm@openssh.com", "hmac-sha2-512-etm@openssh.com", "rsa-sha2-512"} <= set(names)


def test_a_server_of_weak_ciphers_alone_is_not_spoken_to(here: Workstation) -> None:
    server = here.known_server(encryption_algs=["aes256-cbc", "3des-cbc"])
    assert "share no way to encrypt" in here.refusal(server.port).what
    assert server.logins == []
