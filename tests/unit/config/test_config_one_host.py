"""Environments of one host share what keeps them apart."""

from collections.abc import Callable

import pytest

from tasks.config.inventory import Inventory
from tasks.errors import UsageError

Refused = Callable[[str], UsageError]

BOTH = "  a: {address: web1, repository: r, builds_dir: ~/builds}\n  b: {address: WEB1, repository: r, builds_dir: ~/other%s}\n"


def test_two_environments_that_move_one_link_on_one_host_share_their_builds_dir(refused: Refused) -> None:
    error = refused("hosts:\n" + BOTH % "")
    assert "hosts.b.builds_dir: must be '~/builds', as a has it: both move source on WEB1" in error.details


@pytest.mark.parametrize("more", [", live_link: source-b", ", port: 2222", ", release_user: other"])
def test_what_is_another_link_or_another_host_has_its_own(inventory: Callable[[str], Inventory], more: str) -> None:
    assert inventory("hosts:\n" + BOTH % more).environment("b").builds_dir == "~/other"
