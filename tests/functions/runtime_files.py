"""A site with runtime files, of which releases are made and gone back to as `release` and `rollback` do."""

from dataclasses import replace
from pathlib import Path

from tasks.phases import build, cutover, report
from tasks.phases.cutover import RuntimeFiles
from tests.support.host import LocalHost
from tests.support.talk import Ran

FILE = ".env.local"


class Files:
    """One runtime file of a host, in its releases and in ~/runtime."""

    def __init__(self, host: LocalHost) -> None:
        self.host, self.kept = host, host.home / "runtime" / "source" / FILE
        self.state = host.state_dir / "runtime"
        host.use(runtime_files=[FILE], services=[{"run": "true"}])

    @property
    def live(self) -> Path:
        """The one in the live release."""
        return self.host.live.resolve() / FILE

    def of(self, release: str) -> Path:
        """The one in a release."""
        return self.host.releases / release / FILE

    def release(self) -> str:
        """Build and cut over, which must go well; the name of the release."""
        with self.host.lock("release") as locked:
            for phase in (build.build(self.host.environment), cutover.cutover("forward", self.host.environment)):
                done = self.host.run(phase, replace(locked.run, ref="master"))
                assert done.code == 0, done.failure
        return locked.run.release

    def roll_back(self, name: str = "", files: RuntimeFiles = "back") -> Ran:
        """What rollback sends, in a run of its own."""
        with self.host.lock("rollback", "rollback") as locked:
            if not name and files == "own":
                asked = self.host.run(cutover.target(), replace(locked.run, release=""))
                assert asked.code == 0, asked.failure
                name = asked.facts["release"]
            run = replace(locked.run, release=name or self.host.state()["previous"])
            return self.host.run(cutover.cutover(files, self.host.environment), run)

    def take(self, name: str) -> Ran:
        """What `release --name` asks first."""
        with self.host.lock("release", "move") as locked:
            return self.host.run(report.named(self.host.environment), replace(locked.run, release=name))

    def warned(self) -> str:
        """What status warns of."""
        return self.host.run(report.status(self.host.environment)).texts("warn")

    def forget(self) -> None:
        """As a host of an earlier version, which recorded nothing."""
        for path in self.state.glob("*.json"):
            path.unlink()
