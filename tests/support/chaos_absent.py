"""A workstation that the host does not hear: its link is cut, for a moment or for good, or it sleeps."""

import signal

from tests.support.chaos_looks import look
from tests.support.chaos_typed import soon
from tests.support.chaos_visitors import Scene

NOTICED = 40
"""Seconds within which a workstation notices that its link is cut, and more."""

PATIENCE = 5
"""Seconds of --patience with a link that stays away."""

ENDED = 180
"""Seconds within which fab ends then: it notices once, and tries to connect a few times more."""

SLEEPS = (22, 35)
"""Seconds: a lock is free after 20 of silence, and a program that holds none ends after 30."""

DEPLOYED = 120
"""Seconds for a colleague's deploy, the wait for the lock included."""


def cut(scene: Scene) -> None:
    """The link is cut, until fab has noticed, or for a moment that it does not notice."""
    noticed = scene.dice.random() < 0.5
    scene.site.host.cut()
    scene.site.go_on()
    soon(lambda: scene.typed.code is not None or (noticed and scene.typed.lost_the_link), NOTICED if noticed else 2)
    scene.site.host.mend()


def gone(scene: Scene) -> None:
    """The link is cut, and is back only when fab has ended. Raises AssertionError when it does not end."""
    scene.site.host.cut()
    scene.site.go_on()
    ended = soon(lambda: scene.typed.code is not None, ENDED)
    scene.site.host.mend()
    assert ended, f"fab did not end within {ENDED} seconds, with a patience of {PATIENCE}"


def asleep(scene: Scene) -> None:
    """Fab stands still for longer than its lock lasts; a colleague deploys meanwhile. Raises AssertionError if that fails."""
    site = scene.site
    scene.typed.process.send_signal(signal.SIGSTOP)
    site.go_on()
    site.push()
    colleague = site.start("deploy", "--ref", "master", "--wait", str(DEPLOYED))
    soon(lambda: False, scene.dice.choice(SLEEPS))
    colleague.wait(DEPLOYED)
    scene.theirs = look(site)
    scene.typed.process.send_signal(signal.SIGCONT)
    assert colleague.code == 0, f"the colleague's deploy ended with {colleague.code}:\n{colleague.said}"
