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


EC2 = """
  a: {address: {ec2: {region: eu-west-1, filters: {tag:Role: [web, api], tag:Env: prod}}}, repository: r, builds_dir: ~/builds}
  b: {address: {ec2: {region: %s, filters: {tag:Env: prod, tag:Role: [%s]}, use: id}}, repository: r, builds_dir: ~/other}
"""


def test_so_do_two_of_the_same_instances(refused: Refused) -> None:
    error = refused("hosts:" + EC2 % ("eu-west-1", "api, web"))
    both = "as a has it: both move source on the same instances of EC2 in eu-west-1"
    assert f"hosts.b.builds_dir: must be '~/builds', {both}" in error.details


@pytest.mark.parametrize("other", [("eu-west-2", "api, web"), ("eu-west-1", "web")])
def test_instances_of_another_region_or_other_filters_may_be_others(
    inventory: Callable[[str], Inventory], other: tuple[str, str]
) -> None:
    assert inventory("hosts:" + EC2 % other).environment("b").builds_dir == "~/other"
