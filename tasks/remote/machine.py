"""Who answers: a python3 that is new enough, on one machine in all logins of a run, and on a link that is taken up again."""

import threading

from tasks.errors import NotReleased, Unreachable

OLDEST_PYTHON = (3, 8)


class Machine:
    """The machine of a host, as its first login reported it. A machine that is not named is not judged."""

    def __init__(self) -> None:
        self._machine = self._boot = ""
        self._linked = False
        self._judging = threading.Lock()  # two logins are heard side by side
        self.restarted = False
        """Whether a link was taken up again and found another boot: the host was restarted, or this is another host."""

    def lost(self) -> None:
        """The links are gone: the next login may find the machine restarted."""
        self._linked = False

    def judge(self, host: str, greeting: dict[str, str]) -> None:
        """What a login reports of itself. Raises NotReleased for an old python3, Unreachable for another machine."""
        version = greeting.get("python", "")
        if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_PYTHON:
            raise NotReleased(
                f"{host}: python3 is {version}, and this tool needs 3.8", next="# install a python3 of 3.8 or newer"
            )
        with self._judging:
            self._compare(host, greeting.get("machine", ""), greeting.get("boot", ""))

    def _compare(self, host: str, machine: str, boot: str) -> None:
        if self._machine and machine and machine != self._machine:
            raise _two(host, f"machine {self._machine} and machine {machine}")
        if self._boot and boot and boot != self._boot:
            if self._linked:
                raise _two(host, f"one that has started as {self._boot} and one that has started as {boot}")
            self.restarted = True
        self._machine, self._boot, self._linked = machine or self._machine, boot or self._boot, True


def _two(host: str, which: str) -> Unreachable:
    return Unreachable(
        f"{host} is more than one machine: its logins are on {which}",
        next="# name one machine as address in hosts.yml; a load balancer, a name with several addresses or a tag is none",
    )
