"""The connection of the last run is dialled while modules load: once, to where it went, and with one line sent over it."""

import importlib.util
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import paramiko
import pytest

from tasks.remote.route import Hop
from tasks.remote.sockets import dial, reached
from tasks.remote.source import Source

ROOT = Path(__file__).parents[2]
WORDS = ["-H", "prod", "release", "--ref", "master"]


def fresh() -> ModuleType:
    """fab_dial, as a new process has it."""
    spec = importlib.util.spec_from_file_location("fab_dial", ROOT / "start" / "fab_dial.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def server(tmp_path: Path, empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A server to dial, in a folder with a hosts.yml, from a home where something is kept between runs."""
    monkeypatch.chdir(tmp_path)
    (empty_home / ".cache" / "fab-release").mkdir(parents=True)
    Path("hosts.yml").write_text("hosts: {}")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.5)
        yield listening


def place(server: socket.socket) -> tuple[str, int]:
    """Where a server listens."""
    host, port = server.getsockname()
    return host, port


def ran(server: socket.socket, *users: str, words: list[str] = WORDS) -> None:
    """A run that logged in there."""
    run = fresh()
    run.begin(words)
    for user in users:
        run.remember(*place(server), user)


def dialled(server: socket.socket, words: list[str] = WORDS) -> int:
    """How many connections the start of a run opens, which are closed when it ends."""
    run = fresh()
    run.begin(words)
    found = 0
    while connection := run.take(*place(server), 5.0):
        connection.close()
        found += 1
    return found


def test_the_first_run_dials_nothing_early(server: socket.socket) -> None:
    assert dialled(server) == 0


def test_only_the_line_with_which_ssh_begins_is_sent_over_what_was_dialled(server: socket.socket) -> None:
    ran(server, "ftsuser")
    assert dialled(server) == 1
    with server.accept()[0] as accepted, accepted.makefile("rb") as heard:
        assert heard.read() == b"SSH-2.0-fab_release\r\n"


def test_that_line_is_sent_once(server: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paramiko would send it again; a server that reads it twice ends the connection."""
    ran(server, "ftsuser")
    run = fresh()
    run.begin(WORDS)
    monkeypatch.setitem(sys.modules, "fab_dial", run)
    host, port = place(server)
    with ExitStack() as opened:
        wire = dial(cast(Hop, SimpleNamespace(host=host, port=port, timeout=5, proxy_command=None, source=Source())), opened)
        transport = paramiko.Transport(cast(Any, wire.socket))
        transport.local_version = run.IDENTIFICATION
        transport.start_client(event=threading.Event())
        with server.accept()[0] as accepted, accepted.makefile("rwb", buffering=0) as heard:
            assert heard.readline() == b"SSH-2.0-fab_release\r\n"
            heard.write(b"SSH-2.0-server\r\n")
            assert heard.read(6)[5:] == b"\x14", "SSH_MSG_KEXINIT follows"
        transport.close()


def test_where_ssh_config_says_from_where_nothing_is_dialled_early(
    server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(server, "ftsuser")
    run = fresh()
    run.begin(WORDS)
    monkeypatch.setitem(sys.modules, "fab_dial", run)
    host, port = place(server)
    source = Source(address="127.0.0.5")
    hop = cast(Hop, SimpleNamespace(host=host, port=port, user="ubuntu", timeout=5, proxy_command=None, source=source))
    with ExitStack() as opened:
        assert cast(socket.socket, dial(hop, opened).socket).getsockname()[0] == "127.0.0.5"
    reached(hop)
    assert dialled(server) == 1, "as before: this run is not remembered"


def test_the_next_run_dials_as_often_as_the_last_had_users(server: socket.socket) -> None:
    ran(server, "ftsuser")
    assert dialled(server) == 1
    ran(server, "ftsuser", "ubuntu", "ubuntu")
    assert dialled(server) == 2
    ran(server, "ftsuser")
    assert dialled(server) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["-H", "other", "release", "--ref", "master"],
        ["-H", "prod", "status"],
        ["-H", "prod", "relase"],
        ["-H", "prod", "release", "--help"],
        ["-H", "prod", "-i", "key", "release"],
        ["-H", "prod"],
        ["--list"],
        ["--search-root"],
        [],
    ],
    ids=" ".join,
)
def test_another_command_line_dials_nothing(server: socket.socket, words: list[str]) -> None:
    ran(server, "ftsuser")
    assert dialled(server, words) == 0


@pytest.mark.parametrize("name", ["hosts.yml", "fabric.json", "home/.ssh/config", "home/.fabric.yml"])
def test_nothing_is_dialled_when_a_file_that_says_where_to_has_changed(
    server: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    Path("home/.cache/fab-release").mkdir(parents=True)
    ran(server, "ftsuser")
    assert dialled(server) == 1
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("something else")
    assert dialled(server) == 0


def test_settings_of_fabric_in_the_environment_dial_nothing(server: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    ran(server, "ftsuser")
    monkeypatch.setenv("FABRIC_SSH_CONFIG_PATH", "elsewhere")
    assert dialled(server) == 0


def test_a_connection_to_another_place_is_not_taken(server: socket.socket) -> None:
    ran(server, "ftsuser")
    run = fresh()
    run.begin(WORDS)
    assert run.take("127.0.0.1", place(server)[1] + 1, 1.0) is None


def test_a_place_where_nobody_listens_any_more_is_refused_as_by_dialling(server: socket.socket) -> None:
    ran(server, "ftsuser")
    where = place(server)
    server.close()
    run = fresh()
    run.begin(WORDS)
    with pytest.raises(ConnectionRefusedError):
        run.take(*where, 5.0)


@pytest.mark.parametrize("text", ["", "here", "here there everywhere", "127.0.0.1 22 many"])
def test_a_memory_that_was_spoilt_is_none(server: socket.socket, text: str, empty_home: Path) -> None:
    ran(server, "ftsuser")
    (memory,) = (empty_home / ".cache" / "fab-release").glob("dial-*")
    memory.write_text(text)
    assert dialled(server) == 0


def test_a_home_where_nothing_is_kept_stays_as_it_is(server: socket.socket, empty_home: Path) -> None:
    (empty_home / ".cache" / "fab-release").rmdir()
    ran(server, "ftsuser")
    assert dialled(server) == 0
    assert not [*(empty_home / ".cache").iterdir()]
