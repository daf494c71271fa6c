"""What befalls a deploy at the place where it has stopped."""

import random
import signal
from collections.abc import Callable
from contextlib import ExitStack

from tests.support.chaos_site import HOME, ChaosSite
from tests.support.chaos_typed import Typed, soon
from tests.support.load.request import Request
from tests.support.load.running import Load, load_on

FULL = {
    "disk": f"! dd if=/dev/zero of={HOME}/full bs=64k 2>/dev/null",
    "inodes": f"mkdir {HOME}/full && cd {HOME}/full && at=0 && while : >$((++at)); do :; done 2>/dev/null; true",
}
NOTICED = 40
"""Seconds within which a workstation notices that its link is cut, and more."""


class Visitors:
    """They ask the site, on the host itself, so that a link that is cut is not theirs."""

    def __init__(self, site: ChaosSite) -> None:
        self._site, self._stack, self._loads = site, ExitStack(), list[Load]()

    def come(self) -> None:
        """From now on every request must be answered."""
        entered = ("nsenter", f"--target={self._site.host.init}", "--net", "--")
        self._loads.append(self._stack.enter_context(load_on("127.0.0.1", 80, {"fast": 1}, lambda words: [*entered, *words])))

    def leave(self) -> None:
        """The last requests are answered."""
        self._stack.close()

    @property
    def requests(self) -> list[Request]:
        """What they have asked, once they have left."""
        return [request for load in self._loads for request in load.requests]


Strike = Callable[[ChaosSite, Typed, Visitors, random.Random], None]


def kill_any(site: ChaosSite, dice: random.Random) -> None:
    """SIGKILL for a process of the two users, or for its process group."""
    if there := site.host.run("ps -o pid=,pgid=,args= -u ftsuser,ubuntu | grep -v -e systemd -e sd-pam").stdout.splitlines():
        process, group, *_ = dice.choice(there).split()
        site.host.run(f"kill -KILL -- {process if dice.random() < 0.5 else f'-{group}'}")


def kill_job(site: ChaosSite, typed: Typed, visitors: Visitors, dice: random.Random) -> None:  # noqa: ARG001
    """SIGKILL for the job's process group; where no job runs, for all of the program; at a moment by chance, for any."""
    if not site.reached:
        kill_any(site, dice)
        return
    _, group, session, *_ = site.reached.split()
    words = f"-- -{group}" if site.in_a_job else f"$(ps -o pid= -s {session})"
    site.host.run(f"kill -KILL {words}")
    site.go_on()


def kill_workstation(site: ChaosSite, typed: Typed, visitors: Visitors, dice: random.Random) -> None:  # noqa: ARG001
    """SIGKILL for fab."""
    typed.process.kill()
    typed.process.wait()
    site.go_on()


def cut(site: ChaosSite, typed: Typed, visitors: Visitors, dice: random.Random) -> None:  # noqa: ARG001
    """The link is cut, until fab has noticed, or for a moment that it does not notice."""
    noticed = dice.random() < 0.5
    site.host.cut()
    site.go_on()
    soon(lambda: typed.code is not None or (noticed and typed.lost_the_link), NOTICED if noticed else 2)
    site.host.mend()


def power(site: ChaosSite, typed: Typed, visitors: Visitors, dice: random.Random) -> None:  # noqa: ARG001
    """The host is off at once, and boots again."""
    visitors.leave()
    site.host.power_cut()
    site.go_on()
    site.host.start()
    soon(lambda: site.host.run("curl -sf http://127.0.0.1/").returncode == 0, 20)
    visitors.come()


def full(fault: str) -> Strike:
    """No room, or no inode, is left in the release user's home; it is free again once fab has ended."""

    def strike(site: ChaosSite, typed: Typed, visitors: Visitors, dice: random.Random) -> None:  # noqa: ARG001
        site.host.sh(FULL[fault])
        site.go_on()
        typed.wait()
        site.host.sh(f"rm -rf {HOME}/full")

    return strike


def hang(site: ChaosSite, typed: Typed, visitors: Visitors, dice: random.Random) -> None:
    """The command goes on for an hour: step_timeout is a few seconds."""


def ctrl_c(site: ChaosSite, typed: Typed, visitors: Visitors, dice: random.Random) -> None:  # noqa: ARG001
    """Ctrl-C, and what must not be interrupted goes on a moment later."""
    typed.process.send_signal(signal.SIGINT)
    soon(lambda: typed.code is not None, dice.choice((0.0, 0.1, 1.0)))
    site.go_on()


FAULTS: dict[str, Strike] = {
    "kill-job": kill_job,
    "kill-workstation": kill_workstation,
    "cut": cut,
    "power": power,
    "disk": full("disk"),
    "inodes": full("inodes"),
    "hang": hang,
    "ctrl-c": ctrl_c,
}
SAID = {
    "kill-job": "the job is killed",
    "kill-workstation": "the workstation's process is killed",
    "cut": "the link is cut",
    "power": "power cut",
    "disk": "the disk is full",
    "inodes": "no inode is left",
    "hang": "a command hangs",
    "ctrl-c": "Ctrl-C",
}
