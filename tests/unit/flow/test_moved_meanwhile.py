"""A colleague's rollback that passes by a build: each host is named with what it runs since."""

import pytest

from tasks.remote.outcome import Outcome
from tests.unit.flow.conftest import Fab, Fleet
from tests.unit.flow.stand_in import OLD, OTHER, StandIn, failed

NAMES = ("web1", "web2", "web3")


def refused() -> Outcome:
    return failed(f"another release went live since: {OTHER}")


@pytest.fixture
def there(fleet: Fleet) -> list[StandIn]:
    """Three hosts, the first of which runs the migrations."""
    return fleet(NAMES, migrate=["migrate"])


def assert_each_is_named(fab: Fab, there: list[StandIn]) -> None:
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, {host.live for host in there}) == (3, {OTHER})
    assert "unchanged" not in ran.err
    named = "".join(line for line in ran.err.splitlines() if f"Live: {OTHER}; it was {OLD} when this run began." in line)
    assert [name in named for name in NAMES] == [True] * 3


def test_where_others_refuse_before_the_migrations_the_first_is_asked_too(fab: Fab, there: list[StandIn]) -> None:
    first, second, third = there
    second.answers["still-live"] = [first.colleague(second.colleague(refused))]
    third.answers["still-live"] = [third.colleague(refused)]
    assert_each_is_named(fab, there)
    assert "migrate" not in first.sent


def test_where_each_refuses_each_is_asked(fab: Fab, there: list[StandIn]) -> None:
    for host in there:
        host.answers["stage"] = [host.colleague(refused)]
    assert_each_is_named(fab, there)


def test_where_a_build_fails_after_that_each_is_asked(fab: Fab, there: list[StandIn]) -> None:
    first, second, third = there
    first.answers["build"] = [first.colleague(second.colleague(third.colleague(lambda: failed("bootstrap failed"))))]
    assert_each_is_named(fab, there)


def test_where_a_request_of_verify_fails_after_that_each_is_asked(fab: Fab, fleet: Fleet) -> None:
    there = fleet(NAMES, verify=[{"php": "public/index.php", "url": "/health"}])
    first, second, third = there
    first.answers["verify"] = [first.colleague(second.colleague(third.colleague(lambda: failed("500"))))]
    assert_each_is_named(fab, there)
