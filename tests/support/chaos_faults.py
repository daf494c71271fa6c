"""What befalls a run at the place where it has stopped."""

import random
import signal
from collections.abc import Callable
from dataclasses import dataclass

from tests.support.chaos_absent import PATIENCE, asleep, cut, gone
from tests.support.chaos_site import HOME, ChaosSite
from tests.support.chaos_start_up import OUTLASTS, hostile, plain
from tests.support.chaos_typed import soon
from tests.support.chaos_visitors import Scene

DISK = f"! dd if=/dev/zero of={HOME}/full bs=64k 2>/dev/null"
INODES = f"mkdir {HOME}/full && cd {HOME}/full && at=0 && while : >$((++at)); do :; done 2>/dev/null; true"
DEPLOY, ROLLBACK = ("deploy", "--ref", "master"), ("rollback",)
Strike = Callable[[Scene], None]


def nothing(site: ChaosSite) -> None:
    """Most faults are over when they have happened."""


@dataclass(frozen=True)
class Fault:
    """What happens, in words for a person too, and to which run; `small`: to a home that can be filled.

    `over` ends what the fault has left on the host, when the next run has met it.
    """

    strike: Strike
    said: str
    words: tuple[str, ...] = DEPLOY
    small: bool = False
    over: Callable[[ChaosSite], None] = nothing


def kill_any(site: ChaosSite, dice: random.Random) -> None:
    """SIGKILL for a process of the two users, or for its process group."""
    if there := site.host.run("ps -o pid=,pgid=,args= -u ftsuser,ubuntu | grep -v -e systemd -e sd-pam").stdout.splitlines():
        process, group, *_ = dice.choice(there).split()
        site.host.run(f"kill -KILL -- {process if dice.random() < 0.5 else f'-{group}'}")


def kill_job(scene: Scene) -> None:
    """SIGKILL for the job's process group; where no job runs, for all of the program; at a moment by chance, for any."""
    site = scene.site
    if not site.reached:
        kill_any(site, scene.dice)
        return
    _, group, session, *_ = site.reached.split()
    words = f"-- -{group}" if site.in_a_job else f"$(ps -o pid= -s {session})"
    site.host.run(f"kill -KILL {words}")
    site.go_on()


def kill_workstation(scene: Scene) -> None:
    """SIGKILL for fab."""
    scene.typed.process.kill()
    scene.typed.process.wait()
    scene.site.go_on()


def power(scene: Scene) -> None:
    """The host is off at once, and boots again."""
    site = scene.site
    scene.visitors.leave()
    site.host.power_cut()
    site.go_on()
    site.host.start()
    soon(lambda: site.host.run("curl -sf http://127.0.0.1/").returncode == 0, 20)
    scene.visitors.come()


def full(fill: str) -> Strike:
    """No room, or no inode, is left in the release user's home; it is free again once fab has ended."""

    def strike(scene: Scene) -> None:
        scene.site.host.sh(fill)
        scene.site.go_on()
        scene.typed.wait()
        scene.site.host.sh(f"rm -rf {HOME}/full")

    return strike


def hang(scene: Scene) -> None:
    """The command goes on for an hour: step_timeout is a few seconds."""


def ctrl_c(scene: Scene) -> None:
    """Ctrl-C, and what must not be interrupted goes on a moment later."""
    scene.typed.process.send_signal(signal.SIGINT)
    soon(lambda: scene.typed.code is not None, scene.dice.choice((0.0, 0.1, 1.0)))
    scene.site.go_on()


FAULTS = {
    "kill-job": Fault(kill_job, "the job is killed"),
    "kill-workstation": Fault(kill_workstation, "the workstation's process is killed"),
    "cut": Fault(cut, "the link is cut"),
    "power": Fault(power, "power cut"),
    "disk": Fault(full(DISK), "the disk is full", small=True),
    "inodes": Fault(full(INODES), "no inode is left", small=True),
    "hang": Fault(hang, "a command hangs"),
    "ctrl-c": Fault(ctrl_c, "Ctrl-C"),
    "gone": Fault(gone, "the link is cut and stays away", (*DEPLOY, "--patience", str(PATIENCE))),
    "asleep": Fault(asleep, "the workstation sleeps while a colleague deploys"),
    "startup": Fault(hostile, "hostile start-up files", (*DEPLOY, "--patience", str(OUTLASTS)), over=plain),
    "full-rollback": Fault(full(DISK), "the disk is full, and a rollback", ROLLBACK, small=True),
    "inodes-rollback": Fault(full(INODES), "no inode is left, and a rollback", ROLLBACK, small=True),
}
