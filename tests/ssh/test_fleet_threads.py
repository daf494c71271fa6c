"""What a host costs the workstation while a run is at work: a thread that acts, and one for each of its two logins."""

from tests.support.fab import finish, until
from tests.support.fleet_ground import Ground
from tests.support.processes import threads

FOR_ALL = 2
"""The main thread, and the one that keeps time."""

FOR_EACH = 3


def test_each_host_costs_three_threads(ground: Ground) -> None:
    hosts = range(len(ground.fleet.each))
    for number in hosts:
        ground.hold(number, "build")
    running = ground.fleet.start("deploy", "--ref", "master")
    until(lambda: all(ground.reached(number) for number in hosts), running)
    until(lambda: threads(running.pid) <= FOR_ALL + FOR_EACH * len(hosts), running)
    ground.go_on()
    finish(running, 0)
