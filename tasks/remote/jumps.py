"""ProxyJump as ssh means it: which servers are passed on the way to one, each with its own ssh_config settings.

Fabric's own reading is not used: it visits a list of jumps last one first, and accepts any host key of a bastion.
"""

from collections.abc import Iterator

from tasks.remote.jump import Jump
from tasks.remote.settings import Read, Settings


def jumps(target: Jump, read: Read) -> Iterator[tuple[Jump, Settings]]:
    """The servers passed on the way to `target`, first one first, and `target` last; each is read once.

    Raises ValueError for what cannot be used.
    """
    yield from _passed(target, read(target), read)


def _passed(target: Jump, settings: Settings, read: Read, *behind: str) -> Iterator[tuple[Jump, Settings]]:
    here = settings.place
    if here in behind:
        raise ValueError(f"ProxyJump goes round in a circle: {' -> '.join([*behind, here])}")
    listed = [(jump, own) for jump in _listed(settings) if (own := read(jump)).place != here]
    if listed:
        yield from _passed(*listed[0], read, *behind, here)
        yield from ((jump, own._replace(proxy_command=None)) for jump, own in listed[1:])
    yield target, settings


def _listed(settings: Settings) -> list[Jump]:
    return [Jump.parse(spec) for spec in settings.jumps.split(",")] if settings.jumps else []
