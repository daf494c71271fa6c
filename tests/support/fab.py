"""`fab` as a person runs it against an embedded host: a process of its own, an empty HOME, no agent and no terminal."""

import fcntl
import glob
import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tasks.sandbox.world import Sandbox
from tests.support.forked import Forked, forked

PATIENCE = 300
"""Seconds until what a test waits for has failed: long, for a machine may be busy."""

Words = tuple[str, ...]
Process = Forked | subprocess.Popen[str]
LOCKS = ("lock", "job.lock", "move")
REACH = ("address", "port", "identity_file", "known_hosts_file", "repository")


@dataclass(frozen=True)
class Ran:
    """What a run of fab came to."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything that was printed."""
        return self.out + self.err


class Site:
    """An environment of an embedded host: its hosts.yml, what lies on the host, and `fab` to type."""

    def __init__(self, sandbox: Sandbox, folder: Path, keys: dict[str, Any]) -> None:
        self.sandbox, self.folder, self.keys = sandbox, folder, keys
        self.hosts_file, self.workstation = folder / "hosts.yml", folder / "workstation"
        self.workstation.mkdir(parents=True, exist_ok=True)
        self.write()

    def write(self, **keys: Any) -> None:
        """Change keys of hosts.yml; None leaves one out."""
        self.keys = {key: value for key, value in {**self.keys, **keys}.items() if value is not None}
        self.hosts_file.write_text(yaml.safe_dump({"hosts": {"sandbox": self.keys}}, allow_unicode=True), encoding="utf-8")

    def environment(self, **more: str) -> dict[str, str]:
        """All that the process of fab starts with."""
        place = {"HOSTS_FILE": str(self.hosts_file), "SANDBOX_DIR": str(self.sandbox.folder)}
        quiet = {"HOME": str(self.workstation), "LC_ALL": "C.UTF-8", "GIT_CONFIG_GLOBAL": os.devnull}
        return {"PATH": os.environ["PATH"], **place, **quiet, **more}

    def start(self, *words: str, before: Words = ("-H", "sandbox"), **variables: str) -> Forked:
        """Type `fab -H sandbox WORDS`, with more variables in the environment, and do not wait."""
        return forked([*before, *words], self.environment(**variables))

    def fab(self, *words: str, code: int = 0, before: Words = ("-H", "sandbox"), **variables: str) -> Ran:
        """Type `fab -H sandbox WORDS`, to its end, which has to be `code`."""
        return finish(self.start(*words, before=before, **variables), code)

    def deploy(self, ref: str = "master") -> str:
        """Deploy a ref; the name of the release."""
        self.fab("deploy", "--ref", ref)
        return self.live

    def dry(self, *words: str, code: int = 0) -> Ran:
        """The same as `fab`, dry."""
        return self.fab(*words, before=("--dry", "-H", "sandbox"), code=code)

    def json(self, verb: str = "status") -> Any:
        """The document of a verb that has --json; of history, the lines of the first host."""
        document = json.loads(self.fab(verb, "--json").out)
        return document["hosts"][0]["history"] if verb == "history" else document

    @property
    def host(self) -> Any:
        """The host, as `status --json` tells it."""
        return self.json()["hosts"][0]

    @property
    def states(self) -> dict[str, str]:
        """Each release, newest first, and what became of it."""
        return {release["name"]: release["state"] for release in self.host["releases"]}

    @property
    def home(self) -> Path:
        """The release user's home."""
        return self.sandbox.release_home

    @property
    def link(self) -> Path:
        """The live link."""
        return self.home / str(self.keys["live_link"])

    @property
    def state(self) -> Path:
        """This environment's part of builds_dir."""
        return self.home / "builds" / self.link.name

    @property
    def live(self) -> str:
        """The name of what the live link points at, "" where there is none."""
        return self.link.readlink().name if self.link.is_symlink() else ""

    @property
    def names(self) -> list[str]:
        """What lies in releases_dir of this environment, the oldest first."""
        stamp = "[0-9]" * 8 + "T" + "[0-9]" * 6 + "Z"
        return sorted(path.name for path in (self.home / "releases").glob(f"{glob.escape(self.link.name)}-{stamp}"))

    @property
    def locked(self) -> bool:
        """Is one of its kernel locks held?"""
        return any(is_held(self.state / name) for name in LOCKS)

    def log(self, name: str = "") -> str:
        """The log on the host of a release's build."""
        return (self.state / "logs" / f"{name or self.live}.log").read_text(encoding="utf-8", errors="replace")


def environment_of(sandbox: Sandbox) -> dict[str, Any]:
    """What the sandbox's own hosts.yml says of it."""
    known: dict[str, Any] = yaml.safe_load(sandbox.hosts_file.read_text())["hosts"]["sandbox"]
    return known


def sample(sandbox: Sandbox, folder: Path, **keys: Any) -> Site:
    """The site of the sandbox as its own hosts.yml has it, services and all."""
    site = Site(sandbox, folder, environment_of(sandbox))
    site.write(**keys)
    return site


def quick(sandbox: Sandbox, folder: Path, **keys: Any) -> Site:
    """A site without services, that builds in no time."""
    known = environment_of(sandbox)
    return Site(sandbox, folder, {**{key: known[key] for key in REACH}, "apps": {"web": {"bootstrap": ["echo built"]}}, **keys})


def finish(process: Process, code: int) -> Ran:
    """Wait for a run of fab, which has to end with `code`."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"still running after {PATIENCE} s: {out}{err}") from None
    assert process.returncode == code, f"exit {process.returncode}, and not {code}:\n{out}{err}"
    assert "Traceback" not in out + err, out + err
    return Ran(code, out, err)


def push(sandbox: Sandbox, branch: str, files: dict[str, str | bytes], start: str = "master") -> str:
    """Commit files on a branch, made from `start`, and push it; the commit."""
    git(sandbox.clone, "checkout", "--quiet", "-B", branch, start)
    for name, content in files.items():
        file = sandbox.clone / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    git(sandbox.clone, "add", "--force", "--all")
    git(sandbox.clone, "commit", "--quiet", "--allow-empty", f"--message=On {branch}")
    git(sandbox.clone, "push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{branch}")
    commit = git(sandbox.clone, "rev-parse", "HEAD")
    git(sandbox.clone, "checkout", "--quiet", "master")
    return commit


def git(folder: Path, *words: str) -> str:
    """What git says, configured by nobody."""
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *words], cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def until(condition: Callable[[], Any], process: Process | None = None) -> None:
    """Wait until something is so; a run of fab that was to bring it about must not end before."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if process and process.poll() is not None:
            raise AssertionError(f"fab ended with {process.returncode}: {process.communicate()}")
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)


def host_key(site: Site) -> str:
    """The pin that makes the port of no account."""
    return (site.sandbox.folder / "host_key.pub").read_text().strip()


def heard(running: Process, words: str) -> str:
    """Wait until a run has printed these words on stderr: all that it has printed there since somebody last read it."""
    assert running.stderr is not None
    lines: list[str] = []
    for line in running.stderr:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError(f"it never printed {words!r}: {lines}")


def is_held(file: Path) -> bool:
    """Does anybody hold the kernel lock of this file?"""
    if not file.exists():
        return False
    with file.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def sessions(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What the SSH server has logged: connections, logins and sessions."""
    log = sandbox.folder / "run" / "ssh.log"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
