"""Hosts of one environment that run different releases: after a fault, or of different histories."""

from tests.unit.flow.conftest import Fab, Fleet
from tests.unit.flow.stand_in import NEW, OLD, OLDER

NAMES = ("web1", "web2", "web3")


def test_hosts_that_run_different_releases_each_get_the_post_release_of_their_own(fab: Fab, fleet: Fleet) -> None:
    there = fleet(NAMES[:2])
    there[1].live, there[1].previous = OLDER, ""
    for host in there:
        host.pending = True
    ran = fab("post-release")
    assert (ran.code, [host.live for host in there], {host.pending for host in there}) == (0, [OLD, OLDER], {False})
    assert [host.about("finish").release.name for host in there] == [OLD, OLDER]
    assert f"{OLDER} is live here, and {OLD} on web1" in ran.err


def test_a_half_released_fleet_goes_back_to_what_is_named_where_the_first_has_not_moved(fab: Fab, fleet: Fleet) -> None:
    there = fleet(NAMES[:3])
    there[2].sealed |= {NEW: "live", OLD: "good"}
    there[2].live, there[2].previous = NEW, OLD
    assert (fab("rollback", "--to", OLD).code, {host.live for host in there}) == (0, {OLD})
