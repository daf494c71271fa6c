"""`fab sandbox.start` and `fab sandbox.stop`."""

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from tasks.sandbox import world


@task
def start(_: Context) -> None:
    """Bring up a host on this machine to try everything on: `fab -H sandbox deploy --ref master`."""
    folder = world.default_folder()
    before = world.running(folder)
    sandbox = before or world.start(folder)
    print(
        f"The sandbox {'runs already' if before else 'runs'}: SSH on 127.0.0.1:{sandbox.port}, web on {sandbox.web_url}"
    )
    print(f"Its files are in {sandbox.folder}; the site to change, commit and push is in {sandbox.clone}")
    print("next: fab -H sandbox setup, fab -H sandbox deploy --ref master, fab sandbox.stop")


@task
def stop(_: Context) -> None:
    """End every process of the sandbox, and remove its folder."""
    folder = world.default_folder()
    there = folder.exists()
    world.stop(folder)
    print("The sandbox is gone." if there else "There is no sandbox.")


ns = Collection("sandbox", start, stop)
