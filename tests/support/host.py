"""A host without a network: a home directory, a git origin, and the host program, run in a fork of this process."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from tasks.config.inventory import load
from tasks.config.models import Environment
from tasks.phases import build, cutover, lock, report, setup
from tasks.phases.step import Phase
from tasks.remote import packing
from tests.support.origin import GIT_ENVIRONMENT, Origin, git
from tests.support.talk import Ran, Run, Talk
from tests.support.trash import deleted

LINK = "source"
OURS = {
    "assets.json",
    "runtime",
    "own-inodes",
    "history",
    "history.replayed",
    "hold",
    "lock",
    "job.lock",
    "move",
    "jobs",
    "logs",
    "trash",
    "reserve",
}


@dataclass
class Locked:
    """A lock that was asked for: the run that holds it with the host's state, or why it was refused."""

    run: Run
    keeper: Talk
    refused: Ran | None
    state: dict[str, Any]


class LocalHost:
    """A home, set up or not, with the programs of one environment."""

    def __init__(self, folder: Path, **keys: Any) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.origin = Origin(folder / "origin")
        self.shims, self.temporary = folder / "shims", folder / "tmp"
        for made in (self.home, self.shims, self.temporary):
            made.mkdir(exist_ok=True)
        self.builds, self.releases = self.home / "builds", self.home / "releases"
        self.live, self.state_dir, self.repo = self.home / LINK, self.builds / LINK, self.builds / "repo.git"
        self.variables, self.under = dict[str, str](), list[str]()
        self._keepers: dict[str, Talk] = {}
        self.use(**keys)

    def use(self, **keys: Any) -> Environment:
        """Write a hosts.yml with these keys, and load it."""
        file = self.folder / "hosts.yml"
        settings = {"repository": self.origin.url, "live_link": LINK, **keys}
        file.write_text(yaml.safe_dump({"hosts": {"prod": settings}}, allow_unicode=True), encoding="utf-8")
        self.environment = load(file).environment("prod")
        return self.environment

    def shim(self, name: str, script: str) -> None:
        """A command that stands before the real one on PATH; $REAL is the real one."""
        real = shutil.which(name)
        file = self.shims / name
        file.write_text(f"#!/bin/bash\nREAL={real}\n{script}\n")
        file.chmod(0o755)

    # -- programs

    def start(self, phase: Phase, run: Run) -> Talk:
        """Start the host program with this phase as its first request."""
        talk = self.open()
        talk.ask(run.request(phase, self.environment))
        return talk

    def open(self) -> Talk:
        """Start the host program, with its stdin held open: a fork of this process, or under other programs its real start."""
        word = secrets.token_hex(16)
        stdin, ours = os.pipe()
        theirs, stdout = os.pipe()
        errors = os.memfd_create("stderr")
        sources = packing.sources(packing.everything())
        pid = os.fork()
        if not pid:
            try:
                self._become((stdin, stdout, errors), sources)
            finally:
                os._exit(1)
        os.close(stdin)
        os.close(stdout)
        talk = Talk(pid, ours, theirs, errors, word)
        if self.under:
            talk.send(self._packed())
        talk.send(word.encode() + b"\n")
        return talk

    def _become(self, streams: tuple[int, int, int], sources: dict[str, str]) -> None:
        """The host program, as sshd starts it. Never returns."""
        os.setsid()
        os.chdir(self.home)
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
            signal.signal(name, signal.SIG_DFL)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.closerange(3, 4096)  # our ends of its pipes, and those of others
        here = {"HOME": str(self.home), "USER": os.environ.get("USER") or "root", "LC_ALL": "C.UTF-8"}
        here |= {"PATH": f"{self.shims}:/usr/local/bin:/usr/bin:/bin:/usr/sbin", "TMPDIR": str(self.temporary)}
        here |= GIT_ENVIRONMENT | self.variables
        if self.under:
            words = [*self.under, "bash", "-c", packing.command(self._packed())]
            os.execvpe(words[0], words, here)  # noqa: S606
        os.environ.clear()
        os.environ.update(here)
        from tasks.host.boot import Packed
        from tasks.host.conversation import serve

        sys.executable = shutil.which("python3", path="/usr/bin") or sys.executable
        serve(Packed(sources), open(0, "rb"))  # noqa: SIM115 to the end of this process

    def _packed(self) -> bytes:
        return packing.first([f"{module}:" for module in packing.everything()])[0]

    def run(self, phase: Phase, run: Run | None = None) -> Ran:
        """Run a phase to its end: in the conversation that holds the run's lock, or in one of its own."""
        run = run or self.new_run("status")
        if run.id in self._keepers:
            keeper = self._keepers[run.id]
            keeper.ask(run.request(phase, self.environment))
            return keeper.answer()
        with self.start(phase, run) as talk:
            return talk.end()

    def new_run(self, verb: str, **about: str) -> Run:
        """The values of a run nobody made before."""
        return Run(id=secrets.token_hex(6), by="anna@laptop", verb=verb, what=verb, **about)

    def set_up(self) -> "LocalHost":
        """Setup, which must go well."""
        done = self.run(setup.setup(self.environment), self.new_run("setup"))
        assert done.code == 0, (done.failure, done.texts("tail"), done.stderr)
        return self

    @contextmanager
    def lock(self, verb: str = "release", needs: lock.Needs = "") -> Iterator[Locked]:
        """The lock, held by a process that hears this one, or refused."""
        run = self.new_run(verb)
        with self.start(lock.lock(needs), run) as keeper:
            asked = keeper.answer()
            if asked.code:
                yield Locked(run, keeper, asked, {})
                return
            state = json.loads(asked.facts["state"])
            run = replace(run, live_at_start=asked.facts["live_path"], release=state["next"])
            self._keepers[run.id] = keeper
            try:
                yield Locked(run, keeper, None, state)
            finally:
                del self._keepers[run.id]
            keeper.end()

    def build(self, ref: str = "master", verb: str = "build") -> Ran:
        """A build under a lock of its own."""
        with self.lock(verb) as locked:
            return locked.refused or self.run(build.build(self.environment), replace(locked.run, ref=ref))

    def release(self, ref: str = "master") -> str:
        """Build and cut over, which must go well; the name of the release."""
        with self.lock("release") as locked:
            run = replace(locked.run, ref=ref)
            for phase in (build.build(self.environment), cutover.cutover()):
                done = self.run(phase, run)
                assert done.code == 0, (done.failure, done.texts("tail"), done.stderr)
        return run.release

    def cut_over(self, name: str = "", verb: str = "release", put_back: str = "") -> Ran:
        """A cutover under a lock of its own; without a name, to what the host calls previous."""
        with self.lock(verb) as locked:
            run = replace(locked.run, release=name or self.state()["previous"], put_back=put_back)
            return locked.refused or self.run(cutover.cutover(), run)

    def finish(self, name: str, outcome: str = "ok") -> None:
        """Write down how post-release went."""
        with self.lock("post-release") as locked:
            run = replace(locked.run, release=name)
            assert self.run(cutover.finish(outcome), run).code == 0

    def prune(self, used: tuple[tuple[str, str], ...] = ()) -> Ran:
        """Prune, under a lock of its own; `used` are releases and their users."""
        with self.lock("prune") as locked:
            return locked.refused or self.run(cutover.prune(self.environment, used), locked.run)

    # -- what is there

    def state(self) -> dict[str, Any]:
        """What the host says of itself."""
        asked = self.run(report.state())
        assert asked.code == 0, (asked.failure, asked.stderr)
        return dict(json.loads(asked.facts["state"]))

    def history(self) -> list[dict[str, str]]:
        """The lines of history."""
        return [json.loads(line) for line in (self.state_dir / "history").read_text(encoding="utf-8").split("\n") if line]

    def log(self, name: str) -> str:
        """What a build said."""
        return (self.state_dir / "logs" / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def seal(self, name: str) -> dict[str, Any]:
        """The release.json of a release."""
        return dict(json.loads((self.releases / name / "release.json").read_text(encoding="utf-8")))

    def assert_live(self, name: str) -> None:
        """The live link leads to this release, which is sealed."""
        assert str(self.live.readlink()) == str(self.releases / name)
        assert self.seal(name)["name"] == name

    def assert_clean(self) -> None:
        """Nothing of a run is left: no unsealed directory, no build, no record in repo.git, nobody who holds the lock."""
        sealed = {path.parent for path in self.releases.glob("*/release.json")}
        assert set(self.releases.iterdir()) == sealed
        assert {path.name for path in self.state_dir.iterdir()} <= OURS
        assert git(self.repo, "worktree", "list").count("\n") == 0
        assert [*(self.repo / "worktrees").glob("*"), *deleted(self.state_dir)] == []
        assert [*self.home.glob(f".{LINK}.*")] == []
        for name in ("lock", "job.lock", "move"):
            subprocess.run(["flock", "--wait", "10", self.state_dir / name, "true"], check=True)
