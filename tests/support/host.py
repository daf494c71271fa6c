"""A host without a network: a home directory, a git origin, and the rendered programs run by the bash of this machine."""

import json
import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import yaml

from tasks.config.inventory import load
from tasks.config.models import Environment
from tasks.phases import build, cutover, lock, report, setup
from tasks.phases.step import Phase
from tasks.shell.events import Event, parse
from tasks.shell.render import BASH, program
from tasks.shell.run import Run
from tests.support.origin import GIT_ENVIRONMENT, Origin, git
from tests.support.trash import deleted

LINK, SECONDS = "source", 300
OURS = {"history", "hold", "lock", "job.lock", "jobs", "logs", "trash"}


@dataclass(frozen=True)
class Ran:
    """A program that has ended."""

    code: int
    events: tuple[Event, ...]
    stderr: str = ""

    def all(self, kind: str) -> list[tuple[str, ...]]:
        """The words of every event of a kind."""
        return [event.words for event in self.events if event.kind == kind]

    def texts(self, kind: str) -> str:
        """The words of every event of a kind, as one text to look in."""
        return "\n".join(" ".join(words) for words in self.all(kind))

    @cached_property
    def facts(self) -> dict[str, str]:
        """What the program has told, the last word on each."""
        return {key: value for key, value in self.all("fact")}

    @property
    def failure(self) -> str:
        """What it said went wrong."""
        return " ".join(words[0] for words in self.all("fail")[:1])

    @property
    def steps(self) -> list[str]:
        """The steps that were done."""
        return [words[1] for words in self.all("step") if words[0] == "done"]


class Running:
    """A program at work. Leaving the block ends it, if it is not over."""

    def __init__(self, process: subprocess.Popen[bytes], nonce: str) -> None:
        self.process, self._nonce = process, nonce
        self.events: list[Event] = []

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def until(self, kind: str, *words: str) -> Event:
        """Read on to the first event that starts with these words."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event = parse(line.decode().rstrip("\n"), self._nonce)
            self.events.append(event)
            if event.kind == kind and event.words[: len(words)] == words:
                return event
        raise AssertionError(f"ended without {kind} {words}: {self.events[-5:]}")

    def end(self) -> Ran:
        """Let go of its stdin, and read to its end."""
        out, err = self.process.communicate(timeout=SECONDS)
        events = [*self.events, *(parse(line, self._nonce) for line in out.decode("utf-8", "replace").split("\n") if line)]
        return Ran(self.process.returncode, tuple(events), err.decode("utf-8", "replace"))


@dataclass
class Locked:
    """A lock that was asked for: the run that holds it with the host's state, or why it was refused."""

    run: Run
    keeper: Running
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
        real = subprocess.run(["which", name], check=True, capture_output=True, text=True).stdout.strip()
        file = self.shims / name
        file.write_text(f"#!/bin/bash\nREAL={real}\n{script}\n")
        file.chmod(0o755)

    # -- programs

    def start(self, text: str, nonce: str, *, stdin: int | IO[str] = subprocess.PIPE) -> Running:
        """Start a program, as sshd would, with its stdin held open."""
        here = {"HOME": str(self.home), "USER": os.environ.get("USER") or "root", "LC_ALL": "C.UTF-8"}
        here |= {"PATH": f"{self.shims}:/usr/local/bin:/usr/bin:/bin:/usr/sbin", "TMPDIR": str(self.temporary)}
        process = subprocess.Popen(
            [*self.under, *BASH, text],
            env=here | GIT_ENVIRONMENT | self.variables,
            cwd=self.home,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        return Running(process, nonce)

    def run(self, phase: Phase, run: Run | None = None) -> Ran:
        """Run a phase to its end, heard by somebody all the time."""
        run = run or self.new_run("status")
        reading, writing = os.pipe()
        with os.fdopen(reading) as stdin, os.fdopen(writing, "w"):
            return self.start(program(phase, run), run.nonce, stdin=stdin).end()

    def new_run(self, verb: str, **values: str) -> Run:
        """The values of a run nobody made before."""
        return Run(nonce=secrets.token_hex(8), id=secrets.token_hex(6), by="anna@laptop", verb=verb, what=verb, **values)

    def set_up(self) -> "LocalHost":
        """Setup, which must go well."""
        done = self.run(setup.setup(self.environment), self.new_run("setup"))
        assert done.code == 0, (done.failure, done.texts("tail"), done.stderr)
        return self

    @contextmanager
    def lock(self, verb: str = "release") -> Iterator[Locked]:
        """The lock, held by a process that hears this one, or refused."""
        run = self.new_run(verb)
        with self.start(program(lock.lock(self.environment), run), run.nonce) as keeper:
            try:
                keeper.until("locked")
            except AssertionError:
                yield Locked(run, keeper, replace(keeper.end(), events=tuple(keeper.events)), {})
                return
            facts = Ran(0, tuple(keeper.events)).facts
            state = json.loads(facts["state"])
            run = replace(run, live_at_start=facts["live_path"], release=state["next"])
            yield Locked(run, keeper, None, state)
            keeper.end()

    def build(self, ref: str = "master", verb: str = "build") -> Ran:
        """A build under a lock of its own."""
        with self.lock(verb) as locked:
            return locked.refused or self.run(build.build(self.environment), replace(locked.run, ref=ref))

    def release(self, ref: str = "master") -> str:
        """Build and cut over, which must go well; the name of the release."""
        with self.lock("release") as locked:
            run = replace(locked.run, ref=ref)
            for phase in (build.build(self.environment), cutover.cutover(self.environment)):
                done = self.run(phase, run)
                assert done.code == 0, (done.failure, done.texts("tail"), done.stderr)
        return run.release

    def cut_over(self, name: str = "", verb: str = "release", put_back: str = "") -> Ran:
        """A cutover under a lock of its own; without a name, to what the host calls previous."""
        with self.lock(verb) as locked:
            run = replace(locked.run, release=name, put_back=put_back)
            return locked.refused or self.run(cutover.cutover(self.environment), run)

    def finish(self, name: str, outcome: str = "ok") -> None:
        """Write down how post-release went."""
        with self.lock("post-release") as locked:
            run = replace(locked.run, release=name)
            assert self.run(cutover.finish(self.environment, outcome), run).code == 0

    def prune(self, used: tuple[str, ...] = ()) -> Ran:
        """Prune, under a lock of its own; `used` are releases and their users."""
        with self.lock("prune") as locked:
            return locked.refused or self.run(cutover.prune(self.environment, used), locked.run)

    # -- what is there

    def state(self) -> dict[str, Any]:
        """What the host says of itself."""
        asked = self.run(report.state(self.environment))
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
        assert not (self.home / f".{LINK}.new").is_symlink()
        for name in ("lock", "job.lock"):
            subprocess.run(["flock", "--nonblock", self.state_dir / name, "true"], check=True)
