"""Whatever the clock of a host does, no two names are one, and none is earlier than one before."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.support.host import LocalHost

Clock = Callable[[int], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the host, as names are made from it."""

    def set_clock(year: int) -> None:
        monkeypatch.setattr(time, "gmtime", lambda *_: datetime(year, 6, 1, 12, tzinfo=UTC).timetuple())

    return set_clock


@pytest.mark.parametrize("years", [(2026, 2026, 2026), (2099, 2026, 1970), (1970, 2099, 2026), (2026, 8999, 2026)])
def test_names_never_collide_and_never_go_backwards(host: LocalHost, set_clock: Clock, years: tuple[int, ...]) -> None:
    made = []
    for year in years:
        set_clock(year)
        made.append(host.release())
    assert made == sorted(set(made))
    state = host.state()
    assert [release["name"] for release in state["releases"]] == made[::-1]
    assert (state["live"]["name"], state["previous"]) == (made[-1], made[-2])
    host.use(keep_releases=1)
    assert host.prune().code == 0
    assert {release["name"] for release in host.state()["releases"]} == set(made[-2:])


def test_a_name_that_was_pruned_is_not_used_again(host: LocalHost, set_clock: Clock) -> None:
    set_clock(2026)
    host.use(keep_releases=1)
    made = []
    for _ in range(4):
        made.append(host.release())
        host.finish(made[-1])
        host.prune()
    assert made == sorted(set(made))


@pytest.mark.parametrize("last", ["99991231T235959Z", "99991231T235958Z", "99999999T999999Z"])
def test_a_foreign_name_at_the_end_of_time_stops_nobody(host: LocalHost, last: str) -> None:
    (host.releases / f"source-{last}").mkdir()
    first, second = host.release(), host.release()
    assert first < second
