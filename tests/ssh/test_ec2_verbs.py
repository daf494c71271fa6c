"""A verb whose hosts are instances of EC2, on loopback: from hosts.yml to the login."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.remote.connection import is_alive
from tests.ssh.ssh_server import public
from tests.ssh.workstation import ED25519, OTHER, Workstation
from tests.support.ec2 import REGION, Account, moto_server
from tests.support.fab import Site

RELAY = """\
import os, socket, sys, threading
wire = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
def back():
    while data := wire.recv(65536):
        os.write(1, data)
threading.Thread(target=back, daemon=True).start()
while data := os.read(0, 65536):
    wire.sendall(data)
"""


@pytest.fixture
def account() -> Iterator[Account]:
    """An account without instances."""
    with moto_server() as url:
        yield Account(url)


@pytest.fixture
def in_ec2(released: Site, account: Account) -> Iterator[tuple[Site, str, dict[str, Any]]]:
    """A site that is reached as an instance, by its id through a ProxyCommand; its id; and the variables of AWS."""
    (instance,) = account.launch(Role="web")
    before = dict(released.keys)
    (released.workstation / "relay.py").write_text(RELAY)
    (released.workstation / ".ssh").mkdir(exist_ok=True)
    config = released.workstation / ".ssh/config"
    config.write_text(f"Host i-*\n  ProxyCommand {sys.executable} {released.workstation}/relay.py {before['port']}\n")
    config.chmod(0o600)
    key = (released.sandbox.folder / "host_key.pub").read_text()
    (released.workstation / ".ssh/known_hosts").write_text(f"{instance['InstanceId']} {key}\n")
    found = {"region": REGION, "filters": {"tag:Role": "web"}, "use": "id"}
    released.write(address={"ec2": found}, port=None, known_hosts_file=None)
    yield released, instance["InstanceId"], account.variables
    released.write(**before)
    config.unlink()


def test_a_verb_asks_ec2_each_time_and_logs_in_by_id(in_ec2: tuple[Site, str, dict[str, Any]], account: Account) -> None:
    site, name, variables = in_ec2
    assert name in site.fab("status", **variables).out
    account.client.terminate_instances(InstanceIds=[name])
    said = site.fab("status", code=2, **variables).err
    assert "no instance that runs in eu-west-1 matches tag:Role=web" in said


def test_a_replaced_instance_is_unknown_and_never_changed(in_ec2: tuple[Site, str, dict[str, Any]], account: Account) -> None:
    site, name, variables = in_ec2
    account.client.terminate_instances(InstanceIds=[name])
    (other,) = account.launch(Role="web")
    said = site.fab("status", code=7, **variables).err
    assert "unknown host key" in said
    assert f"-o HostKeyAlias={other['InstanceId']}" in said


def test_a_region_that_is_none_is_exit_2_and_no_traceback(in_ec2: tuple[Site, str, dict[str, Any]]) -> None:
    site, _, variables = in_ec2
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        away = {**variables, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{closed.getsockname()[1]}"}
        assert "EC2 in eu-west-1 cannot be reached" in site.fab("status", code=7, **away).err


def test_an_address_that_another_instance_had_before_is_unknown_and_never_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Workstation(tmp_path, monkeypatch) as here:
        server = here.serve()
        here.know(f"i-1 {public(ED25519)}\n", f"[127.0.0.1]:{server.port} {public(OTHER)}\n")
        with here.reach(server.port, known_as="i-1") as connection:
            assert is_alive(connection)
        assert "unknown host key" in here.refusal(server.port, known_as="i-2").what
        alias = here.config("Host 127.0.0.1\n  HostKeyAlias i-1\n")
        with here.reach(server.port, known_as="i-2", config=alias) as connection:
            assert is_alive(connection)
