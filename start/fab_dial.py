"""Opens the TCP connection that the last run of the same kind needed, while modules still load.

Only the line with which SSH begins is sent over it: what the server answers has come by the time that it is read.
"""

import hashlib
import os
import socket
import threading

VERBS = {"build", "check", "deploy", "history", "logs", "plan", "post-release", "prune", "release", "releases", "rollback"}
SECONDS = 10.0
IDENTIFICATION = "SSH-2.0-fab_release"


class Dialled:
    """One connection that is being opened."""

    def __init__(self, host: str, port: int) -> None:
        self.place = host, port
        self._thread = threading.Thread(target=self._connect, daemon=True)
        self._socket: socket.socket | None = None
        self._problem: OSError | None = None
        self._thread.start()

    def taken(self, seconds: float) -> socket.socket:
        """The open connection, waited for no longer than that. Raises OSError, as the system does."""
        self._thread.join(seconds)
        if self._socket is None:
            raise self._problem or TimeoutError()
        return self._socket

    def _connect(self) -> None:
        try:
            host, port = self.place
            name = host.encode() if host.isascii() else host  # the codec for other names takes long to load
            connected = socket.create_connection((name, port), SECONDS)
            connected.sendall(f"{IDENTIFICATION}\r\n".encode())
            self._socket = connected
        except OSError as problem:
            self._problem = problem


_open: list[Dialled] = []
_users: set[str] = set()


def begin(words: list[str]) -> None:
    """Dial as the last run did, when it was for the same environment, and every file that says where to is as it was."""
    global _memory
    _memory = _place(words)
    try:
        with open(_memory, encoding="utf-8") as file:
            host, port, count = file.read().split()
        for _ in range(int(count)):
            _open.append(Dialled(host, int(port)))
    except (OSError, ValueError):
        pass


def take(host: str, port: int, seconds: float) -> "socket.socket | None":
    """A connection to this place that was begun here; None where none was. Raises OSError, as dialling does."""
    for number, dialled in enumerate(_open):
        if dialled.place == (host, port):
            return _open.pop(number).taken(seconds)
    return None


def remember(host: str, port: int, user: str) -> None:
    """A user has logged in there: the next run dials it as often as this one had users.

    It is kept in the directory that config/cache.py has made; no other is made here.
    """
    if _memory:
        _users.add(user)
        text = f"{host} {port} {len(_users)}\n"
        try:
            with open(f"{_memory}.{os.getpid()}", "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(f"{_memory}.{os.getpid()}", _memory)
        except OSError:
            pass


_memory = ""


def _place(words: list[str]) -> str:
    """Where this is remembered; "" for a command line that may mean anything else."""
    root, rest = os.getcwd(), words
    if words[:1] == ["--search-root"] and len(words) > 1:
        root, rest = words[1], words[2:]
    usual = len(rest) > 2 and rest[0] == "-H" and rest[2] in {*VERBS, "status"} and not {"-h", "--help"} & {*rest}
    if not usual or rest[1] == "sandbox" or any(name.startswith(("FABRIC_", "INVOKE_")) for name in os.environ):
        return ""
    home = os.path.expanduser("~")
    hosts = os.environ.get("HOSTS_FILE") or os.path.join(root, "hosts.yml")
    settings = [f"{start}fabric.{end}" for start in (f"{root}/", f"{home}/.", "/etc/") for end in ("yaml", "yml", "json", "py")]
    files = [_about(path) for path in (hosts, f"{home}/.ssh/config", "/etc/ssh/ssh_config", *settings)]
    name = hashlib.sha256(repr((rest[1:3], root, home, files)).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or f"{home}/.cache", "fab-release", f"dial-{name}")


def _about(path: str) -> "tuple[str, int, int] | None":
    try:
        about = os.stat(path)
    except OSError:
        return None
    return os.path.realpath(path), about.st_mtime_ns, about.st_size
