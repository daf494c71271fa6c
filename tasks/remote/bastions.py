"""The bastions before a host: each chain of them is opened once, by however many logins pass over it at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from tasks.errors import Unreachable
from tasks.remote.known_hosts import HostKeys
from tasks.remote.pulse import Pulse
from tasks.remote.route import Hop
from tasks.remote.transport import Transport

Key = tuple[tuple[Hop, ...], int]


class Chain:
    """Bastions that are open, or being opened; `transport` is that of the last one, which the next hop is reached over."""

    def __init__(self) -> None:
        self.known = threading.Event()
        self.transport: Transport | None = None
        self.error: BaseException | None = None
        self.users = 0
        self._opened = ExitStack()

    def open(self, reach: Callable[[ExitStack], Transport]) -> None:
        """Open it, and let those who wait know what came of it."""
        try:
            with ExitStack() as opened:
                self.transport = reach(opened)
                pulse = Pulse(self.transport)
                opened.callback(pulse.stop)
                pulse.start()
                self._opened = opened.pop_all()
        except BaseException as error:
            self.error = error
        finally:
            self.known.set()

    @property
    def usable(self) -> bool:
        """Whether it is being opened, or is open."""
        return not self.known.is_set() or (self.transport is not None and self.transport.is_active())

    def close(self) -> None:
        """Close the last one first."""
        self._opened.close()


class Bastions:
    """The chains of this process."""

    def __init__(self) -> None:
        self._chains: dict[Key, Chain] = {}
        self._changed = threading.Lock()

    @contextmanager
    def passed(
        self, hops: tuple[Hop, ...], keys: HostKeys | None, reach: Callable[[ExitStack], Transport]
    ) -> Iterator[Transport]:
        """The transport of the last of them. The chain is closed when nobody uses it any more.

        Raises what `reach` raises, to everybody who waits for the same chain: each would wait as long for the same.
        """
        key = tuple(hop._replace(bastion_of=None, by_hand=()) for hop in hops), id(keys)
        with self._changed:
            chain = self._chains.get(key)
            first = chain is None or not chain.usable
            if chain is None or first:
                chain = self._chains[key] = Chain()
            chain.users += 1
        try:
            if first:
                chain.open(reach)
            chain.known.wait()
            if chain.error or chain.transport is None:
                raise _own(chain.error)
            yield chain.transport
        finally:
            self._leave(key, chain)

    def _leave(self, key: Key, chain: Chain) -> None:
        with self._changed:
            chain.users -= 1
            last = not chain.users
            if last and self._chains.get(key) is chain:
                del self._chains[key]
        if last:
            chain.close()


def _own(error: BaseException | None) -> BaseException:
    """What went wrong, for one host: a copy of its own, to which its state there is added."""
    if isinstance(error, Unreachable):
        return Unreachable(error.what, details=error.details, state=error.state, next=error.next)
    return error or EOFError()


BASTIONS = Bastions()
