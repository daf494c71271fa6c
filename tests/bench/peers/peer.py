"""What the benchmark asks of a peer: the words that make a release, and where its live link is."""

import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tests.bench.rig import RELEASE_USER, Rig
from tests.bench.site import BRANCH, Repository

FILES = Path(__file__).parent / "files"
KEEP = 5
RUNTIME_FILES = (".env.local", "config/one.json", "config/two.json")
LINKS = ("public/media", "public/uploads")
COMMANDS = 8
RELEASE, ROLLBACK, DEPLOY, STATUS = VERBS = ("release", "rollback", "deploy", "status")


@dataclass(frozen=True)
class Command:
    """A program of the workstation: its words, what is on its stdin, and its own environment."""

    words: tuple[str, ...]
    stdin: str
    environment: dict[str, str]
    folder: Path

    def start(self) -> subprocess.Popen[str]:
        """Start it; what it prints goes to the file `printed` in its folder."""
        with (self.folder / "stdin").open("w+") as stdin, (self.folder / "printed").open("w") as printed:
            stdin.write(self.stdin)
            stdin.seek(0)
            return subprocess.Popen(
                self.words, cwd=self.folder, env=self.environment, stdin=stdin, stdout=printed, stderr=printed, text=True
            )

    def run(self) -> None:
        """Run it to its end, which must be good."""
        if code := self.start().wait():
            raise RuntimeError(f"{' '.join(self.words)} ended with {code}:\n{self.printed}")

    def output(self) -> str:
        """Run it, and return what it printed to stdout."""
        return subprocess.run(
            self.words, cwd=self.folder, env=self.environment, check=True, capture_output=True, text=True
        ).stdout

    @property
    def printed(self) -> str:
        """What it has printed."""
        return (self.folder / "printed").read_text(errors="replace")


class Peer(ABC):
    """A way to release, with a place of its own on the host: ~/`name`."""

    usual_name: ClassVar[str]
    title: ClassVar[str]
    verbs: ClassVar[tuple[str, ...]] = (RELEASE, ROLLBACK)
    slow: ClassVar[bool] = False
    tools: ClassVar[dict[str, str]] = {}

    def __init__(self, rig: Rig, repository: Repository, name: str = "") -> None:
        self.rig, self.repository, self.name = rig, repository, name or self.usual_name
        self.rigs: Sequence[Rig] = (rig,)
        """Those of all hosts that it releases to."""
        self.folder = rig.folder / f"peer-{self.name}"
        self.folder.mkdir()

    @property
    def place(self) -> str:
        """Its place on the host, as the host sees it."""
        return f"/home/{RELEASE_USER}/{self.name}"

    @property
    def current(self) -> str:
        """Its live link, as the host sees it."""
        return f"{self.place}/current"

    @abstractmethod
    def command(self, verb: str) -> Command:
        """What a person types for a verb."""

    def set_up(self) -> None:
        """Make its place on every host: what every release shares, and whatever else a first release needs."""
        files = " ".join(f"{self.place}/shared/{name}" for name in RUNTIME_FILES)
        links = " ".join(f"{self.place}/shared/{name}" for name in LINKS)
        for rig in self.rigs:
            rig.host.sh(f"mkdir -p {self.place}/shared/config {links} && tee {files} <<<'TOKEN=0123456789'", RELEASE_USER)

    def prepare(self, verb: str) -> None:
        """Whatever a verb needs to have happened before, not measured: a commit to release, a release to roll back."""
        if verb in (RELEASE, DEPLOY):
            self.repository.push()
        elif verb == ROLLBACK:
            self.warm(1)

    def warm(self, times: int = KEEP) -> None:
        """Release so often that each further release prunes one."""
        for _ in range(times):
            self.repository.push()
            self.command(RELEASE).run()
            for rig in self.rigs:
                rig.host.quiet()

    def version(self) -> str:
        """Its name and version, for the page."""
        return self.title

    def proven(self) -> None:
        """Show that the last release is whole: its files, what it shares, and how many are kept. Raises RuntimeError."""
        live = self.rig.host.sh(f"readlink -f {self.current}", RELEASE_USER)
        found = self.rig.host.sh(f"cd {live} && find src index.php -type f | wc -l", RELEASE_USER)
        missing = [name for name in (*RUNTIME_FILES, *LINKS) if self.rig.host.run(f"test -e {live}/{name}").returncode]
        kept = len(self.rig.host.sh(f"ls {Path(live).parent}", RELEASE_USER).split())
        if int(found) != self.repository.files or missing or not KEEP <= kept <= KEEP + 1:
            raise RuntimeError(f"{self.name}: {found} files, {kept} releases, without {missing}")

    def variables(self) -> dict[str, str]:
        """What the files of peers read from their environment."""
        host = self.rig.host
        return self.rig.environment(
            BENCH_ADDRESS=host.address,
            BENCH_PORT=str(host.port),
            BENCH_USER=RELEASE_USER,
            BENCH_KEY=str(self.rig.key),
            BENCH_KNOWN_HOSTS=str(host.known_hosts_file),
            BENCH_PLACE=self.place,
            BENCH_REPOSITORY=self.repository.url,
            BENCH_BRANCH=BRANCH,
            BENCH_KEEP=str(KEEP),
            BENCH_RELEASE=time.strftime("%Y%m%dT%H%M%S") + f"{time.time_ns() // 1_000_000 % 1000:03}",
        )
