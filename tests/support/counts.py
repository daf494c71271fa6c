"""What each verb may take of the network and of a host, at most: the one place of these bounds. Times are in docs/speed.md.

A bound is today's figure. What needs less lowers it here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wire:
    """Connections, SSH sessions, and kilobytes (1,000 bytes) of TCP payload from the workstation to the host.

    `kilobytes_first` is for a workstation that does not know yet what the host has kept of the host program.
    """

    connections: int
    sessions: int
    kilobytes_up: int
    kilobytes_first: int


@dataclass(frozen=True)
class OnHost:
    """Programs that are started, sshd and the login shell among them; those that are Python interpreters; files flushed."""

    programs: int
    pythons: int
    flushes: int


WIRE = {
    "release": Wire(connections=1, sessions=1, kilobytes_up=8, kilobytes_first=64),
    "deploy": Wire(connections=2, sessions=2, kilobytes_up=58, kilobytes_first=123),  # with one service
    "rollback": Wire(connections=1, sessions=1, kilobytes_up=6, kilobytes_first=23),  # without services
    "status": Wire(connections=1, sessions=1, kilobytes_up=5, kilobytes_first=22),
}
# For a site with one runtime file, without commands of its own, of which one commit is new.
ON_HOST = {
    "release": OnHost(programs=20, pythons=2, flushes=16),
    "rollback": OnHost(programs=3, pythons=1, flushes=5),
    "status": OnHost(programs=3, pythons=1, flushes=0),
}
