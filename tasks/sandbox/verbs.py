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


@task
def start(context: Context) -> None:
    """Bring up a host on this machine to try everything on: `fab -H sandbox deploy --ref master`."""
    with _in_words(context):
        folder = sandbox_folder(Path.cwd())
        before = world.running(folder)
        sandbox = before or world.start(folder)
        print(f"The sandbox {'runs already' if before else 'runs'}: SSH on 127.0.0.1:{sandbox.port}, web on {sandbox.web_url}")
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
