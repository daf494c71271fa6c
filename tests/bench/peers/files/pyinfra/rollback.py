"""For pyinfra: back to the release before."""

import os

from pyinfra.operations import server

PLACE = os.environ["BENCH_PLACE"]
PREVIOUS = f'ls -d {PLACE}/releases/* | grep -B 1 -x "$(readlink {PLACE}/current)" | head -n 1'

server.shell(
    name="Swap",
    commands=[f'ln -s "$({PREVIOUS})" {PLACE}/current.new && mv -T {PLACE}/current.new {PLACE}/current'],
)
server.shell(name="Record", commands=[f"echo rollback >>{PLACE}/history"])
