"""The way to a host, as ssh_config has it: aliases, proxies and bastions."""

import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.remote.connection import is_alive
from tests.ssh.workstation import OTHER, Workstation, free_port


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workstation]:
    with Workstation(tmp_path, monkeypatch) as workstation:
        yield workstation


RELAY = """
import os, pathlib, socket, sys, threading
host, port, user, note = sys.argv[1:]
pathlib.Path(note).write_text(f"{os.getpid()} {user}")
wire = socket.create_connection((host, port))
def pump(read, write):
    while data := read():
        write(data)
threading.Thread(target=pump, args=(lambda: wire.recv(4096), lambda data: os.write(1, data)), daemon=True).start()
pump(lambda: os.read(0, 4096), wire.sendall)
"""


def test_an_alias_of_ssh_config_is_followed(here: Workstation) -> None:
    server = here.known_server()
    ssh_config = f"Host web1\n  HostName 127.0.0.1\n  Port {server.port}\n  User nobody\n"
    with here.reach(22, config=here.config(ssh_config), host="web1"):
        assert server.logins == ["ftsuser"]


def test_the_file_of_fab_S_is_read_and_shown_in_what_to_type(here: Workstation) -> None:
    server = here.serve()
    path = here.home / "other config"
    path.write_text(f"Host web1\n  HostName 127.0.0.1\n  Port {server.port}\n")
    error = here.refusal(22, config=here.config(ssh_config_path=str(path)), host="web1")
    assert f"ssh -F '{path}' ftsuser@web1 true" in error.next


def test_a_host_key_alias_is_what_known_hosts_is_asked_for(here: Workstation) -> None:
    server = here.serve()
    here.know(server.known(name="the-site"))
    with here.reach(server.port, config=here.config("HostKeyAlias the-site\n")) as connection:
        assert is_alive(connection)


def test_the_known_hosts_of_ssh_config_is_read(here: Workstation) -> None:
    server = here.serve()
    (here.home / "elsewhere").write_text(server.known())
    with here.reach(server.port, config=here.config("UserKnownHostsFile ~/elsewhere\n")) as connection:
        assert is_alive(connection)


def test_a_proxy_command_carries_the_connection_and_ends_with_it(here: Workstation) -> None:
    server = here.known_server()
    relay = here.home / "relay.py"
    relay.write_text(RELAY)
    command = f"ProxyCommand {shlex.quote(sys.executable)} {relay} %h %p %r {here.home}/relay.pid\n"
    with here.reach(server.port, config=here.config(command)) as connection:
        assert connection.run("pwd", hide=True, in_stream=False).stdout == "pwd"
        pid, user = (here.home / "relay.pid").read_text().split()
    assert user == "ftsuser"
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_a_proxy_command_that_fails_says_why(here: Workstation) -> None:
    error = here.refusal(here.serve().port, config=here.config("ProxyCommand echo no such tunnel >&2; exit 1\n"))
    assert "it said: no such tunnel" in error.details


def test_an_unknown_bastion_is_refused_before_any_login(here: Workstation) -> None:
    bastion, server = here.serve(OTHER), here.serve()
    here.know(server.known())
    error = here.refusal(server.port, config=here.jumping(bastion))
    assert f"bastion, the bastion of 127.0.0.1 (jumper@127.0.0.1:{bastion.port}): unknown host key" in error.what
    assert OTHER.get_fingerprint() in str(error)
    assert bastion.logins == server.logins == []


def test_a_known_bastion_is_passed_through(here: Workstation) -> None:
    bastion, server = here.serve(OTHER), here.serve()
    here.know(server.known(), bastion.known())
    with here.reach(server.port, config=here.jumping(bastion)) as connection:
        assert connection.run("pwd", hide=True, in_stream=False).stdout == "pwd"
    assert (bastion.logins, server.logins) == (["jumper"], ["ftsuser"])
    assert bastion.forwards == [("127.0.0.1", server.port)]


def test_an_unknown_host_behind_a_known_bastion_is_refused(here: Workstation) -> None:
    bastion, server = here.serve(OTHER), here.serve()
    here.know(bastion.known())
    assert "unknown host key" in here.refusal(server.port, config=here.jumping(bastion)).what
    assert server.logins == []


def test_bastions_are_passed_in_the_order_of_the_list(here: Workstation) -> None:
    first, second, server = here.serve(), here.serve(), here.serve()
    here.know(first.known(), second.known(name=f"[localhost]:{second.port}"), server.known())
    jumps = f"a@127.0.0.1:{first.port},b@localhost:{second.port}"
    config = here.config(f"Host web1\n  HostName 127.0.0.1\n  ProxyJump {jumps}\n")
    with here.reach(server.port, config=config, host="web1"):
        assert (first.logins, second.logins, server.logins) == (["a"], ["b"], ["ftsuser"])
    assert first.forwards == [("localhost", second.port)]
    assert second.forwards == [("127.0.0.1", server.port)]


def test_a_bastion_that_cannot_reach_the_host_is_not_blamed_for_the_host(here: Workstation) -> None:
    bastion = here.serve(OTHER)
    here.know(bastion.known())
    error = here.refusal(free_port(), config=here.jumping(bastion))
    assert "the bastion before it could not connect to it" in error.what
