"""`address: {ec2: ...}`: what it may hold, and each mistake in it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.config import stored
from tasks.config.ec2 import Ec2
from tasks.config.inventory import Inventory
from tasks.errors import UsageError

SOUND = "{region: eu-west-1, filters: {a: b}}"
NO_FILTER = "expected at least one filter: without any, every instance would be a host"

MISTAKES = [
    ("{ec2: }", ": expected a mapping after ec2:, found nothing"),
    ("{ec2: 3}", ".ec2: expected a mapping, found a whole number"),
    (f"{{ec2: {SOUND}, port: 22}}", ": ec2 stands alone, and 'port' stands beside it"),
    ("{ec2: {filters: {a: b}}}", ".ec2.region: is required"),
    ("{ec2: {region: eu-west-1}}", ".ec2.filters: is required"),
    ("{ec2: {regin: eu-west-1, filters: {a: b}}}", ".ec2.regin: is not a known key, did you mean region?"),
    ("{ec2: {region: eu, filters: {a: b}}}", ".ec2.region: expected a region such as eu-west-1, found 'eu'"),
    ("{ec2: {region: eu-west-1, filters: [a]}}", ".ec2.filters: expected a mapping, found a list"),
    ("{ec2: {region: eu-west-1, filters: {}}}", f".ec2.filters: {NO_FILTER}"),
    (
        "{ec2: {region: eu-west-1, filters: {a: 3}}}",
        ".ec2.filters.a: expected text, or a list of texts: put quotes around it",
    ),
    (
        "{ec2: {region: eu-west-1, filters: {a: []}}}",
        ".ec2.filters.a: expected a value, or a list of values, found an empty list",
    ),
    ("{ec2: {region: eu-west-1, filters: {a: ['']}}}", ".ec2.filters.a[0]: must not be empty"),
    (
        "{ec2: {region: eu-west-1, filters: {instance-state-name: stopped}}}",
        ".ec2.filters.instance-state-name: only running instances are released to: leave this filter out",
    ),
    (
        "{ec2: {region: eu-west-1, filters: {a: b}, use: publik}}",
        ".ec2.use: expected private, public, dns or id, found 'publik'",
    ),
]


@pytest.mark.parametrize(("address", "line"), MISTAKES, ids=[address for address, _ in MISTAKES])
def test_a_mistake_has_its_place_and_what_was_expected(refused: Callable[[str], UsageError], address: str, line: str) -> None:
    error = refused(f"hosts: {{prod: {{repository: x, address: {address}}}}}")
    assert error.details == (f"hosts.prod.address{line}",)


def test_it_stands_in_place_of_addresses(inventory: Callable[[str], Inventory]) -> None:
    found = inventory(
        "defaults: {repository: x, address: {ec2: {region: eu-west-1, filters: {'tag:Role': web, vpc-id: [a, b]}}}}\n"
        "hosts: {prod: , test: {address: web1}}"
    )
    prod, test = found.environment("prod"), found.environment("test")
    assert prod.ec2 == Ec2(region="eu-west-1", filters={"tag:Role": ("web",), "vpc-id": ("a", "b")}, use="private")
    assert prod.addresses == ()
    assert test.ec2 is None
    assert len(test.addresses) == 1


def test_what_is_kept_of_it_is_what_was_read(write: Callable[[str], Path]) -> None:
    path = write("hosts: {prod: {repository: x, address: {ec2: {region: eu-west-1, filters: {a: [b, c]}, use: id}}}}")
    for _ in ("made", "kept"):
        ec2 = stored.load(path).environment("prod").ec2
        assert ec2 is not None
        assert (ec2.region, dict(ec2.filters), ec2.use) == ("eu-west-1", {"a": ("b", "c")}, "id")
