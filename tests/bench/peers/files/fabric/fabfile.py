"""For plain Fabric: 30 times `run` on one connection for a release, 5 times for a rollback."""

import os
import time

from fabric import Connection, task

PLACE, REPOSITORY, BRANCH = (os.environ[f"BENCH_{name}"] for name in ("PLACE", "REPOSITORY", "BRANCH"))
KEEP = int(os.environ["BENCH_KEEP"])
RUNTIME_FILES = (".env.local", "config/one.json", "config/two.json")
LINKS = ("public/media", "public/uploads")


@task
def release(c: Connection) -> None:
    """Fetch, check out, runtime files, links, commands, swap, prune."""
    release = f"{PLACE}/releases/{os.environ['BENCH_RELEASE']}"
    c.run(f"mkdir -p {PLACE}/releases")
    check_out(c, release)
    for name in RUNTIME_FILES:
        c.run(f"cp -p {PLACE}/shared/{name} {release}/{name}")
    for name in LINKS:
        c.run(f"rm -rf {release}/{name}")
        c.run(f"ln -s {PLACE}/shared/{name} {release}/{name}")
    for _ in range(8):
        c.run(f"cd {release} && true")
    c.run(f"test -e {release}/index.php")
    swap(c, release)
    c.run(f"readlink {PLACE}/current")
    c.run(f"echo {release} >>{PLACE}/history")
    releases = c.run(f"ls {PLACE}/releases", hide=True).stdout.split()
    old = " ".join(f"{PLACE}/releases/{name}" for name in sorted(releases)[:-KEEP])
    c.run(f"rm -rf {old}")


def check_out(c: Connection, release: str) -> None:
    """The commit of the branch, in a directory of its own."""
    c.run(f"test -d {PLACE}/repo.git || git clone --quiet --mirror {REPOSITORY} {PLACE}/repo.git")
    c.run(f"git -C {PLACE}/repo.git fetch --quiet origin")
    commit = c.run(f"git -C {PLACE}/repo.git rev-parse {BRANCH}", hide=True).stdout.strip()
    c.run(f"mkdir -p {release}")
    c.run(f"git -C {PLACE}/repo.git archive {commit} | tar -x -C {release}")
    c.run(f"echo {commit} >{release}/REVISION")
    c.run(f"mkdir -p {release}/config {release}/public")


@task
def rollback(c: Connection) -> None:
    """Swap back to the release before."""
    live = c.run(f"readlink {PLACE}/current", hide=True).stdout.strip()
    releases = sorted(c.run(f"ls -d {PLACE}/releases/*", hide=True).stdout.split())
    swap(c, releases[releases.index(live) - 1])
    c.run(f"echo rollback >>{PLACE}/history")


def swap(c: Connection, release: str) -> None:
    """The live link leads to another release."""
    temporary = f"{PLACE}/current.{time.time_ns()}"
    c.run(f"ln -s {release} {temporary}")
    c.run(f"mv -T {temporary} {PLACE}/current")
