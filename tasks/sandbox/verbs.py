"""`fab sandbox.start` and `fab sandbox.stop`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from tasks.config.inventory import sandbox_folder
from tasks.errors import Interrupted, ReleaseError, UsageError
from tasks.sandbox import world

MOST = 9
"""Hosts of a sandbox: their folders and addresses are numbered with one digit."""


@task(help={"hosts": f"how many hosts, 1 to {MOST} (default: 1)"}, auto_shortflags=False)  # -h is Fabric's own
def start(context: Context, hosts: str | None = None) -> None:
    """Bring up hosts on this machine to try everything on: `fab -H sandbox deploy --ref master`."""
    with _in_words(context):
        wanted = None if hosts is None else _number(hosts)
        folder = sandbox_folder(Path.cwd())
        before = world.running(folder)
        sandbox = world.start(folder, hosts=wanted)
        print(f"The sandbox {'runs already' if before else 'runs'}; its site is on {sandbox.site_url}")
        for host in sandbox.hosts:
            print(f"    {host.address}  SSH on port {host.port}, web on port {host.web_port}")
        print(f"Its files are in {sandbox.folder}; the site to change, commit and push is in {sandbox.clone}")
        print("next: fab -H sandbox setup; fab -H sandbox deploy --ref master # and in the end: fab sandbox.stop")


@task
def stop(context: Context) -> None:
    """End every process of the sandbox, and remove its folder."""
    with _in_words(context):
        folder = sandbox_folder(Path.cwd())
        there = folder.exists()
        world.stop(folder)
        print("The sandbox is gone." if there else "There is no sandbox.")


def _number(hosts: str) -> int:
    if hosts not in map(str, range(1, MOST + 1)):
        raise UsageError(f"--hosts takes a number from 1 to {MOST}, and not {hosts!r}", state="Nothing was started.")
    return int(hosts)


@contextmanager
def _in_words(context: Context) -> Iterator[None]:
    """Refuse a dry run, which it does not have, and say every error in words: Fabric prints none of ours by itself."""
    try:
        if context.config.run.dry:
            raise UsageError("the sandbox has no dry run", state="Nothing was done.", next="# type the same without --dry")
        yield
    except ReleaseError as error:
        print(error, file=sys.stderr)
        raise
    except KeyboardInterrupt:
        print("interrupted; what was started is stopped again", file=sys.stderr)
        raise Interrupted("interrupted") from None


ns = Collection("sandbox", start, stop)
