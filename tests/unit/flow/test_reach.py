"""Whether visitors would reach a release is asked with the lock, before it is taken, of a run that makes one live."""

import pytest

from tests.unit.flow.conftest import Fab, Fleet, Site
from tests.unit.flow.stand_in import CUT, OLD, StandIn, failed, taken

CLOSED = "www-data (nginx) may not go through /home/ftsuser, which leads to /home/ftsuser/source/public"
REFUSES = [("web", False)]
WARNS = [("web", True)]


def asked(host: StandIn) -> list[list[tuple[str, bool]]]:
    """What each lock is asked with: steps, and whether they only warn."""
    locks = (phase for phase in host.phases if phase.name == "lock")
    return [[(step.name, step.arguments[-1]) for step in phase.steps if step.name == "web"] for phase in locks]


@pytest.mark.parametrize(
    ("words", "steps"),
    [
        (("release", "--ref", "master"), REFUSES),
        (("release", "--name", OLD), REFUSES),
        (("deploy", "--ref", "master"), REFUSES),
        (("rollback",), WARNS),
        (("post-release",), WARNS),
        (("build", "--ref", "master"), []),
        (("prune",), []),
    ],
)
def test_a_run_that_makes_a_release_live_asks_and_the_way_back_is_warned(
    fab: Fab, host: StandIn, words: tuple[str, ...], steps: list[tuple[str, bool]]
) -> None:
    fab(*words)
    assert asked(host) == [steps]


def test_a_host_that_joins_the_others_is_asked_too(fab: Fab, fleet: Fleet) -> None:
    _, new = fleet(("web1", "web2"))
    new.live, new.previous, new.sealed = "", "", {}
    fab("adopt")
    assert asked(new) == [REFUSES]


@pytest.mark.parametrize("verb", ["release", "deploy"])
def test_without_services_nobody_is_asked(fab: Fab, host: StandIn, site: Site, verb: str) -> None:
    site()
    assert fab(verb, "--ref", "master").code == 0
    assert asked(host) == [[]]


@pytest.mark.parametrize("verb", ["release", "deploy"])
def test_what_keeps_visitors_out_is_3_and_nothing_is_built(fab: Fab, host: StandIn, verb: str) -> None:
    host.answers["lock"] = [failed(CLOSED, next="setfacl -m u:www-data:x /home/ftsuser # on the host")]
    ran = fab(verb, "--ref", "master")
    assert (ran.code, host.live, host.changed) == (3, OLD, [])
    for said in (CLOSED, "next: setfacl -m u:www-data:x /home/ftsuser"):
        assert said in ran.err


def test_one_of_several_hosts_stops_them_all(fab: Fab, fleet: Fleet) -> None:
    first, second = fleet(("web1", "web2"))
    second.answers["lock"] = [failed(CLOSED)]
    assert fab("deploy", "--ref", "master").code == 3
    assert (first.changed, second.changed) == ([], [])


def test_it_is_asked_once_while_somebody_is_waited_for(fab: Fab, host: StandIn) -> None:
    host.answers["lock"] = [taken("ada@desk")] * 2
    fab("release", "--ref", "master", "--wait", "60")
    assert asked(host) == [REFUSES, [], []]


def test_it_is_not_asked_when_the_lock_is_taken_again(fab: Fab, host: StandIn) -> None:
    host.answers["build"] = [failed("the lock is lost", code=6, facts={"lost_lock": "yes"})]
    assert fab("release", "--ref", "master").code == 0
    assert asked(host) == [REFUSES, []]


def test_an_answer_that_was_lost_is_asked_for_again(fab: Fab, host: StandIn) -> None:
    host.answers["lock"] = [CUT]
    assert fab("release", "--ref", "master").code == 0
    assert asked(host) == [REFUSES, REFUSES]
