"""What every step works with: the places of this host, the values of the run, and what one step leaves for a later one."""

from __future__ import annotations

import os
import time
from typing import Any, Callable

from tasks.host.files import quoted
from tasks.host.log import Log
from tasks.host.records import Records
from tasks.host.report import Report


def expanded(path: str) -> str:
    """The path with a leading "~" as this user's home."""
    return os.path.expanduser("~") + path[1:] if path == "~" or path.startswith("~/") else path


def now() -> str:
    """The time in UTC, as every record has it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _texts(value: Any) -> list[str]:
    """Every text in a JSON value, but the keys."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


class Protection:
    """What protects a run from every other one. A job keeps its own to its end."""

    def require(self, run: Run) -> None:
        """Every step that changes what is protected begins with this. Raises Failed where the run has lost its lock."""


class Run:
    """One phase of one run on this host, as a request has it."""

    def __init__(self, request: dict[str, Any], report: Report, log: Log) -> None:
        self.report, self.log = report, log
        self.phase: str = request["phase"]
        who, about = request["who"], request["about"]
        self.id: str = who["id"]
        self.by = " ".join(who["by"].split())
        self.verb: str = who["verb"]
        self.what: str = who["what"]
        self.tool: str = who["tool"]
        # the hosts that the run leaves out, and why: for history, and for the seal
        self.left_out: dict[str, str] = {key: who[key] for key in ("without", "reason") if key in who}
        self._take_site(request["site"])
        self.release: str = about["release"]
        self.ref: str = about["ref"]
        self.commit: str = about["commit"]
        self.release_path: str = about["path"] or (os.path.join(self.releases, self.release) if self.release else "")
        self.expected: str = about["expected"]  # where the live link pointed when the run began
        self.put_back: str = about["put_back"]  # how, where the release that is live has failed
        self.configured = set(_texts([request["site"], request["steps"]]))  # what stands in hosts.yml is no secret
        self._begin()

    def _take_site(self, site: dict[str, Any]) -> None:
        """The environment, from hosts.yml, and its places on this host."""
        self.environment: str = site["environment"]
        self.link: str = site["live_link"]
        self.step_timeout = float(site["step_timeout"])  # seconds
        self.release_user: str = site["release_user"]
        self.path: list[str] = site["path"]  # put before PATH for the release user's commands
        self.env: dict[str, str] = site["env"]
        self.serves: bool = site["serves"]  # whether post-release has anything to do
        self.runtime_files: list[tuple[str, bool]] = [(glob, optional) for glob, optional in site["runtime_files"]]
        # the service user's programs use `releases` only where the phase gives a path of its own
        self.home = os.path.expanduser("~")
        self.builds = expanded(site["builds_dir"])
        self.releases_dir: str = site["releases_dir"]  # as it is written
        self.releases = expanded(self.releases_dir)
        self.state = os.path.join(self.builds, self.link)
        self.live = os.path.join(self.home, self.link)
        self.repo = os.path.join(self.builds, "repo.git")
        self.runtime = os.path.join(self.home, "runtime", self.link)  # runtime files for the first release

    def _begin(self) -> None:
        """What steps leave for later steps, and what serves them."""
        self.lock: Protection  # what protects this run; set by who serves it
        self.began = time.clock_gettime(time.CLOCK_BOOTTIME)  # of the phase, as the kernel counts the start of processes
        self.step = ""  # the one at work; and how the whole program ends when it stands still in the kernel
        self.abandon: Callable[[int], None] = os._exit
        self.announce: Callable[[str, float, str], None] = lambda *_: None  # to who waits from outside
        self.build = os.path.join(self.state, self.release) if self.release else ""
        self.work = ""  # where commands run: the build, after the move the release
        self.job = ""  # the directory of the job that runs the phase
        self.built_from = ""  # the release that the runtime files came from
        self.failure = ""  # what has gone wrong, in one line
        self.secrets: set[str] | None = None  # the values of the runtime files, once they were read
        self.taken: dict[str, str] = {}  # the HMAC of each runtime file as it was copied
        self.carried: Any = None  # for release.json: the origins of carried assets
        self.restored = False  # the target has its former runtime files again
        self.repository = ""  # the URL of origin
        self.checked_out: list[str] = []  # what the commit has: files, those of submodules too
        self.proofs: list[Any] = []  # of the services that were acted on, for the last look at all of them
        self.sudo_rules = ""  # what sudo lists for this user, once it was asked
        self.ssh_command = ""  # what git runs for ssh on this host, once it was asked
        self.timings: dict[str, int] = {}  # milliseconds of each step, for release.json
        self.size: dict[str, int] | None = None  # for release.json: bytes and inodes of the release
        self.records: Records | None = None  # history, replayed as it was read last
        self.afterwards: Callable[[], None] | None = None  # done once the answer was sent and the lock is free

    def place(self, *parts: str) -> str:
        """A path in this environment's state directory."""
        return os.path.join(self.state, *parts)

    def hint(self, *words: str) -> str:
        """A command to type on the workstation: a verb and its options."""
        return " ".join(map(quoted, ("fab", "-H", self.environment, *words)))

    def release_environment(self) -> dict[str, str]:
        """What every command of hosts.yml gets."""
        return {
            "LIVE_LINK_NAME": self.link,
            "RELEASE_NAME": self.release,
            "RELEASE_PATH": self.release_path,
            "RELEASE_REF": self.ref,
            "RELEASE_COMMIT": self.commit,
        }
