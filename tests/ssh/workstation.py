"""A workstation of the tests' own: a HOME with one key, no agent and an empty known_hosts, and servers to reach."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncssh
import paramiko
import pytest
from fabric.config import Config

from tasks.errors import Unreachable
from tasks.remote.connection import VerifiedConnection, connect
from tests.ssh.ssh_server import SshServer, write_key

ED25519, ECDSA, OTHER, MINE, YOURS = (
    asyncssh.generate_private_key(kind)
    for kind in ("ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-ed25519", "ssh-ed25519", "ssh-ed25519")
)


class Workstation(ExitStack):
    """Whoever sits at it has MINE as the usual key; servers let it in, and end with the test."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
        self.home = home
        self.key = write_key(MINE, home / ".ssh/id_ed25519")

    def serve(self, *keys: asyncssh.SSHKey, **options: Any) -> SshServer:
        """Start a server with these host keys."""
        return self.enter_context(SshServer(*(keys or (ED25519,)), **{"authorized": [MINE], **options}))

    def known_server(self, **options: Any) -> SshServer:
        """Start a server that known_hosts has."""
        server = self.serve(**options)
        self.know(server.known())
        return server

    def know(self, *lines: str) -> None:
        """Write known_hosts anew."""
        (self.home / ".ssh/known_hosts").write_text("".join(lines))

    def config(self, ssh_config: str = "", **overrides: Any) -> Config:
        """Fabric's configuration, with `ssh_config` as the user's own."""
        (self.home / ".ssh/config").write_text(ssh_config)
        (self.home / ".ssh/config").chmod(0o600)
        return Config(overrides=overrides, system_ssh_path=os.devnull)  # type: ignore[no-untyped-call]

    def jumping(self, bastion: SshServer, more: str = "", **overrides: Any) -> Config:
        """Fabric's configuration where 127.0.0.1 is reached over `bastion`, as jumper; `more` is of the block of 127.0.0.1."""
        name = f"Host bastion\n  HostName 127.0.0.1\n  Port {bastion.port}\n  User jumper\n"
        return self.config(f"{name}Host 127.0.0.1\n  ProxyJump bastion\n{more}", **overrides)

    def reach(
        self, port: int, *, config: Config | None = None, host: str = "127.0.0.1", **environment: Any
    ) -> VerifiedConnection:
        """Connect as ftsuser, with these keys of hosts.yml."""
        keys = {"port": port, "identity_file": None, "known_hosts_file": None, "host_key": None, **environment}
        found: Any = {"keys": keys.pop("keys", None), "known_as": keys.pop("known_as", None)}
        return connect(SimpleNamespace(**keys), host, "ftsuser", config or self.config(), **found)  # type: ignore[arg-type]

    def refusal(self, port: int, **options: Any) -> Unreachable:
        """The error of connecting where that must fail."""
        with pytest.raises(Unreachable) as caught:
            self.reach(port, **options)
        assert caught.value.code == 7
        return caught.value


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def talker(said: bytes, *, hangs_up: bool = False) -> Iterator[int]:
    """A server that says this to whoever comes, and no more; yields its port. `hangs_up`: at once."""
    callers: list[socket.socket] = []

    def answer() -> None:
        try:
            while True:
                callers.append(listener.accept()[0])
                callers[-1].sendall(said)
                if hangs_up:
                    callers[-1].close()
        except OSError:
            return

    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as end:
        thread = threading.Thread(target=answer)
        thread.start()
        end.callback(thread.join)
        end.callback(listener.shutdown, socket.SHUT_RDWR)
        yield listener.getsockname()[1]
    for caller in callers:
        caller.close()


@contextmanager
def agent(path: Path, *keys: Path) -> Iterator[None]:
    """An ssh-agent that holds these keys."""
    held = [paramiko.Ed25519Key.from_private_key_file(str(key)) for key in keys]

    def answer(request: paramiko.Message) -> paramiko.Message:
        reply = paramiko.Message()
        if request.get_byte() == b"\x0b":
            reply.add_byte(b"\x0c")
            reply.add_int(len(held))
            for key in held:
                reply.add_string(key.asbytes())
                reply.add_string("a key in the agent")
        else:
            blob, data = request.get_binary(), request.get_binary()
            reply.add_byte(b"\x0e")
            reply.add_string(next(key for key in held if key.asbytes() == blob).sign_ssh_data(data).asbytes())
        return reply

    def serve() -> None:
        caller, _ = listener.accept()
        with caller:
            while size := caller.recv(4):
                reply = answer(paramiko.Message(caller.recv(int.from_bytes(size, "big")))).asbytes()
                caller.sendall(len(reply).to_bytes(4, "big") + reply)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join()
