"""For pyinfra: a release of its own operations, as its documentation shows them."""

import os

from pyinfra.operations import files, git, server

PLACE, REPOSITORY, BRANCH = (os.environ[f"BENCH_{name}"] for name in ("PLACE", "REPOSITORY", "BRANCH"))
KEEP = int(os.environ["BENCH_KEEP"])
RELEASE = f"{PLACE}/releases/{os.environ['BENCH_RELEASE']}"

git.repo(name="Clone", src=REPOSITORY, dest=RELEASE, branch=BRANCH)
for directory in ("config", "public"):
    files.directory(name=f"Make {directory}", path=f"{RELEASE}/{directory}")
for shared in (".env.local", "config/one.json", "config/two.json", "public/media", "public/uploads"):
    files.link(name=f"Link {shared}", path=f"{RELEASE}/{shared}", target=f"{PLACE}/shared/{shared}")
for number in range(8):
    server.shell(name=f"Command {number}", commands=[f"cd {RELEASE} && true"])
server.shell(name="Swap", commands=[f"ln -s {RELEASE} {PLACE}/current.new && mv -T {PLACE}/current.new {PLACE}/current"])
server.shell(name="Record", commands=[f"echo {RELEASE} >>{PLACE}/history"])
server.shell(name="Prune", commands=[f"cd {PLACE}/releases && ls | head -n -{KEEP} | xargs -r rm -rf"])
