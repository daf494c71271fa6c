"""Several embedded hosts that are one environment."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.sandbox.world import Sandbox
from tests.support.fab import PATIENCE, Site, quick


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

    @property
    def previous(self) -> set[str | None]:
        """What each would go back to, by `status`, whether they are alike (0) or differ (9)."""
        running = self.start("status", "--json")
        out, err = running.communicate(PATIENCE)
        assert running.returncode in (0, 9), err
        return {host["previous"] for host in json.loads(out)["hosts"]}


def address_of(sandbox: Sandbox, **keys: Any) -> dict[str, Any]:
    """What hosts.yml says of one of them."""
    key = (sandbox.folder / "host_key.pub").read_text().strip()
    return {"host": sandbox.address, "port": sandbox.port, "identity_file": str(sandbox.identity_file), "host_key": key, **keys}
