"""From where a host is dialled, as ssh_config has it."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tasks.remote.connection import is_alive
from tasks.remote.source import Source
from tests.ssh.workstation import Workstation

FAMILIES = {"127.0.0.1": socket.AF_INET, "::1": socket.AF_INET6}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workstation]:
    with Workstation(tmp_path, monkeypatch) as workstation:
        yield workstation


@pytest.mark.parametrize(
    ("host", "source", "seen"),
    [
        ("127.0.0.1", Source(), "127.0.0.1"),
        ("127.0.0.1", Source(address="127.0.0.5"), "127.0.0.5"),
        ("127.0.0.1", Source(interface="lo"), "127.0.0.1"),
        ("localhost", Source(family="inet"), "127.0.0.1"),
        ("::1", Source(address="::1"), "::1"),
        ("::1", Source(interface="lo"), "::1"),
        ("::1", Source(family="inet6"), "::1"),
    ],
)
def test_a_host_is_dialled_from_there(host: str, source: Source, seen: str) -> None:
    with socket.create_server((seen if ":" in seen else "127.0.0.1", 0), family=FAMILIES.get(host, socket.AF_INET)) as server:
        server.settimeout(5)
        with closing(source.connect(host, server.getsockname()[1], 5)), closing(server.accept()[0]) as heard:
            assert heard.getpeername()[0] == seen


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Source(address="192.0.2.1"), "BindAddress 192.0.2.1 of ssh_config: "),
        (Source(address="no.such.name.invalid"), "BindAddress no.such.name.invalid of ssh_config: "),
        (Source(address="::1"), "BindAddress ::1 of ssh_config: "),
        (Source(interface="nothing0"), "BindInterface nothing0 of ssh_config: "),
    ],
)
def test_a_place_that_is_not_here_is_named_with_its_line(source: Source, words: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(OSError, match=words):
        source.connect("127.0.0.1", server.getsockname()[1], 5)


def test_ssh_config_says_from_where(here: Workstation) -> None:
    server = here.known_server()
    with here.reach(server.port, config=here.config("Host *\n  BindAddress 127.0.0.5\n")) as connection:
        assert is_alive(connection)
        assert connection.transport is not None
        assert connection.transport.sock.getsockname()[0] == "127.0.0.5"


def test_an_address_of_the_other_family_is_not_dialled(here: Workstation) -> None:
    server = here.known_server()
    refused = here.refusal(server.port, config=here.config("AddressFamily inet6\n"))
    assert "the name 127.0.0.1 cannot be resolved" in refused.what


def test_a_bind_address_that_is_not_here_is_said(here: Workstation) -> None:
    refused = here.refusal(22, config=here.config("BindAddress 192.0.2.1\n"))
    assert "the connection failed: BindAddress 192.0.2.1 of ssh_config: " in refused.what
