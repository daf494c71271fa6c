"""Several embedded hosts that are one environment."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.sandbox.world import Sandbox
from tests.support.fab import Site, quick


class Fleet(Site):
    """An environment of several embedded hosts: `each` has what lies on one of them, in the order of hosts.yml."""

    def __init__(self, sandboxes: Sequence[Sandbox], folder: Path, **keys: Any) -> None:
        first = quick(sandboxes[0], folder, **keys)
        self.each = [Site(sandbox, folder / sandbox.address, first.keys) for sandbox in sandboxes]
        super().__init__(sandboxes[0], folder, {**first.keys, "address": [address_of(sandbox) for sandbox in sandboxes]})

    @property
    def lives(self) -> list[str]:
        """The name of what is live on each."""
        return [site.live for site in self.each]


def address_of(sandbox: Sandbox, **keys: Any) -> dict[str, Any]:
    """What hosts.yml says of one of them."""
    key = (sandbox.folder / "host_key.pub").read_text().strip()
    return {"host": sandbox.address, "port": sandbox.port, "identity_file": str(sandbox.identity_file), "host_key": key, **keys}
