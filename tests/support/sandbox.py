"""What the tests of the sandbox ask it, as a client and as a visitor."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh
import yaml

from tasks.sandbox.world import Sandbox
from tests.support.fab import PATIENCE


def connect(sandbox: Sandbox, user: str, key: Path | None = None) -> Any:
    """A connection of a client that knows the host's key, as a context manager."""
    return asyncssh.connect(
        sandbox.address,
        sandbox.port,
        username=user,
        client_keys=[str(key or sandbox.identity_file)],
        known_hosts=str(sandbox.known_hosts_file),
        agent_path=None,
        config=None,
    )


async def run_async(sandbox: Sandbox, user: str, command: str, stdin: bytes = b"") -> asyncssh.SSHCompletedProcess:
    async with connect(sandbox, user) as connection:
        done: asyncssh.SSHCompletedProcess = await connection.run(command, input=stdin, encoding=None, timeout=PATIENCE)
        return done


def run(sandbox: Sandbox, user: str, command: str, stdin: bytes = b"") -> asyncssh.SSHCompletedProcess:
    return asyncio.run(run_async(sandbox, user, command, stdin))


def text(sandbox: Sandbox, user: str, command: str) -> str:
    """What a command prints, stderr after stdout."""
    done = run(sandbox, user, command)
    return ((done.stdout or b"") + (done.stderr or b"")).decode().strip()  # type: ignore[operator, union-attr]


def get(sandbox: Sandbox, path: str = "/") -> tuple[int, str]:
    try:
        with urllib.request.urlopen(sandbox.web_url + path, timeout=PATIENCE) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def make_live(sandbox: Sandbox, name: str, ref: str) -> None:
    """A release by hand, by the commands that hosts.yml names."""
    host = yaml.safe_load(sandbox.hosts_file.read_text())["hosts"]["sandbox"]
    build = [f"(cd {app['path']} && {' && '.join(app['bootstrap'])})" for app in host["apps"].values()]
    script = [
        "set -e; mkdir -p releases",
        f"git -c advice.detachedHead=false clone --quiet --branch {ref} '{sandbox.origin}' releases/{name}",
        f"cd releases/{name}; cp -a ~/runtime/source/. .",
        *build,
        *host["publish"],
        *host["verify"],
        f"ln -sfn ~/releases/{name} ~/source",
    ]
    done = run(sandbox, "ftsuser", "\n".join(script))
    assert done.exit_status == 0, done.stderr


def wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def events(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (sandbox.folder / "run" / "ssh.log").read_text().splitlines()]
