"""attach and cancel take every host of the environment; one where no job runs hides no other."""

from collections import defaultdict
from collections.abc import Callable

import pytest

from tasks.remote.outcome import Outcome
from tests.unit.flow.conftest import Fab
from tests.unit.flow.stand_in import NEW, StandIn, failed

Hosts = defaultdict[str, StandIn]
NAMES = ["web1", "web2", "web3"]


@pytest.fixture
def three(hosts: Hosts, site: Callable[..., None]) -> list[StandIn]:
    site(address=NAMES)
    return [hosts[name] for name in NAMES]


def idle() -> Outcome:
    return failed("no job is running", facts={"idle": "yes"})


@pytest.mark.parametrize("verb", ["attach", "cancel"])
@pytest.mark.parametrize("without", [(), (0,), (0, 2)])
def test_each_host_where_a_job_runs_is_followed_or_ended(
    fab: Fab, three: list[StandIn], verb: str, without: tuple[int, ...]
) -> None:
    for number, host in enumerate(three):
        facts = {"release": NEW, "cancelled": "build master of ada"}
        host.answers[verb] = [idle() if number in without else Outcome(code=0, facts=facts)]
    ran = fab(verb)
    assert (ran.code, [verb in host.sent for host in three]) == (0, [True] * 3)
    assert (f"{NEW} is built" if verb == "attach" else "ended: build master of ada.") in ran.err


@pytest.mark.parametrize("verb", ["attach", "cancel"])
def test_where_no_job_runs_anywhere_that_is_3(fab: Fab, three: list[StandIn], verb: str) -> None:
    for host in three:
        host.answers[verb] = [idle()]
    ran = fab(verb)
    assert (ran.code, "no job is running" in ran.err) == (3, True)


@pytest.mark.parametrize("verb", ["attach", "cancel"])
def test_one_that_fails_is_named_though_the_others_go_well(fab: Fab, three: list[StandIn], verb: str) -> None:
    for host in three:
        host.answers[verb] = [Outcome(code=0)]
    three[1].answers[verb] = [failed("it broke")]
    ran = fab(verb)
    assert (ran.code, "web2: " in ran.err, "it broke" in ran.err) == (3, True, True)
