"""Setup on a local host, and the site that it may find there."""

from pathlib import Path

from tasks.phases import setup as phases
from tests.support.host import LocalHost
from tests.support.snapshot import Snapshot, snapshot
from tests.support.talk import Ran

LOCKS = ("builds/source/lock", "builds/source/job.lock", "builds/source/move")


def set_up(host: LocalHost) -> Ran:
    """Setup, however it goes."""
    return host.run(phases.setup(host.environment), host.new_run("setup"))


def home(host: LocalHost) -> Snapshot:
    """All of the home but the locks, whose times tell that a run was there."""
    return {name: entry for name, entry in snapshot(host.home).items() if name not in LOCKS}


def put_site(folder: Path) -> Path:
    """A directory with a page and a link to it, as an earlier tool left it live."""
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("hello\n")
    (folder / "run").symlink_to("index.html")
    return folder
