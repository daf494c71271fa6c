"""The ledger of a host, asked without the rest of a program: cheap enough for thousands of releases and many histories."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tasks.phases.lock import unhold
from tasks.shell.render import program
from tests.support.host import LINK, LocalHost

START = "ledger_py() {\n    ${EXEC-} python3 -I - \"$@\" <<'END_OF_PYTHON'\n"


class LocalLedger:
    """A releases directory and a history that a test writes, and what the ledger makes of them."""

    def __init__(self, host: LocalHost) -> None:
        self.host = host
        text = program(unhold(host.environment), host.new_run("status"))
        self._source = text.partition(START)[2].partition("\nEND_OF_PYTHON")[0]
        host.state_dir.mkdir(parents=True, exist_ok=True)
        host.releases.mkdir(exist_ok=True)

    def say(self, *words: str, verb: str = "release") -> subprocess.CompletedProcess[str]:
        """One word to the ledger."""
        values = {"NONCE": "n", "RUN": "r", "BY": "anna", "VERB": verb, "LIVE_LINK_NAME": LINK}
        places = {"STATE": self.host.state_dir, "RELEASES": self.host.releases, "LIVE": self.host.live}
        return subprocess.run(
            ["bash", "-c", 'exec 3>&1; exec "$@"', "-", sys.executable, "-I", "-c", self._source, *words],
            env={"PATH": os.environ["PATH"], **values, **{key: str(place) for key, place in places.items()}},
            capture_output=True,
            text=True,
        )

    def state(self) -> dict[str, Any]:
        """What it knows; it must not fail, whatever history says."""
        done = self.say("state")
        assert (done.returncode, done.stderr) == (0, "")
        state: dict[str, Any] = json.loads(done.stdout.split("\t", 3)[3].replace("\\\\", "\\"))
        return state

    def make(self, name: str, **about: Any) -> None:
        """A sealed release on disk, with more in its seal, and without a line in history."""
        folder = self.host.releases / name
        folder.mkdir()
        (folder / "release.json").write_text(json.dumps({"name": name, "live_link": LINK, **about}))

    def write(self, *entries: dict[str, str]) -> None:
        """Lines of history."""
        with Path(self.host.state_dir, "history").open("a") as history:
            history.writelines(json.dumps({"v": 1, "at": "2026-01-01T00:00:00Z", **entry}) + "\n" for entry in entries)

    def link(self, name: str) -> None:
        """Point the live link at a release."""
        self.host.live.unlink(missing_ok=True)
        self.host.live.symlink_to(self.host.releases / name)


def name(number: int) -> str:
    """The names of releases: later for larger numbers."""
    return f"{LINK}-2026{number // 1000 + 1:02}{number // 100 % 10 + 1:02}T{number % 100 // 60:02}{number % 60:02}00Z"
