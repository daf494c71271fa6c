"""A batch is out of the load balancer while it changes, and no host stays out of it in silence, however a run ends."""

import functools
from collections.abc import Callable, Sequence

import pytest

from tasks.errors import NotReleased, Unreachable
from tasks.remote.outcome import Outcome
from tasks.remote.target_group import Target
from tests.unit.flow.conftest import Fab, Fleet
from tests.unit.flow.fake_target_group import Group
from tests.unit.flow.stand_in import NEW, OLD, StandIn, failed, taken

ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/76714da1ba2b4428"
THREE = ("web1", "web2", "web3")


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> Group:
    """The one of every run."""
    made = Group(ARN, "deploy of ada@laptop")
    monkeypatch.setattr("tasks.remote.target_group.TargetGroup", lambda *_: made)
    return made


@pytest.fixture
def hosts_of(fleet: Fleet) -> Callable[..., list[StandIn]]:
    return lambda *names, **keys: fleet(names or THREE, **{"batch": 1, "drain": {"target_group": ARN}, **keys})


Hosts = Callable[..., list[StandIn]]


def test_each_batch_is_out_while_it_changes(fab: Fab, hosts_of: Hosts, group: Group) -> None:
    hosts = hosts_of()

    def swap(name: str, host: StandIn) -> Outcome:
        group.done.append(f"swap {name}")
        return host._cutover()

    for name, host in zip(THREE, hosts, strict=True):
        host.answers["cutover"] = [functools.partial(swap, name, host)]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, [host.live for host in hosts]) == (0, [NEW] * 3)
    assert group.done == ["find", *(f"{what} {name}" for name in THREE for what in ("out", "swap", "in"))]
    assert "draining web2:80 in web, for at most 360 s" in ran.err
    assert "in service again in web: web2:80" in ran.err


@pytest.mark.parametrize("keys", [{"batch": None}, {"batch": 3}, {"batch": "100%"}])
def test_a_batch_that_leaves_nobody_is_refused_before_anything_is_written(
    fab: Fab, hosts_of: Hosts, group: Group, keys: dict[str, object]
) -> None:
    hosts = hosts_of(**keys)
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, [host.changed for host in hosts], group.done) == (3, [[]] * 3, ["find"])
    assert "no healthy target would be left in web without web1:80, web2:80, web3:80" in ran.err


def test_a_group_that_cannot_be_asked_is_7_and_nothing_is_written(fab: Fab, hosts_of: Hosts, group: Group) -> None:
    hosts = hosts_of()
    group.wrong["find"] = Unreachable("the load balancer cannot be reached", state="No host was touched.")
    assert (fab("deploy", "--ref", "master").code, hosts[0].changed) == (7, [])


def test_what_a_colleague_takes_out_meanwhile_is_left_alone(fab: Fab, hosts_of: Hosts, group: Group) -> None:
    hosts_of()[0].answers["lock"] = [taken("deploy of grace@desk")]
    group.left_out[Target("web2", 80)] = "deploy of grace@desk"
    assert (fab("deploy", "--ref", "master").code, group.done) == (6, [])


def test_a_worker_host_that_is_no_target_is_named_and_released(fab: Fab, hosts_of: Hosts, group: Group) -> None:
    hosts = hosts_of("web1", "worker1", "web2")
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, [host.live for host in hosts]) == (0, [NEW] * 3)
    assert group.done == ["find", "out web1", "in web1", "out web2", "in web2"]
    assert "worker1 is no target of web: nothing is drained there" in ran.err


@pytest.mark.parametrize("number", range(3))
def test_a_host_whose_post_release_fails_is_put_back_before_it_is_in_again(
    fab: Fab, hosts_of: Hosts, group: Group, number: int
) -> None:
    hosts = hosts_of()
    hosts[number].answers["post-release"] = [failed("nginx is down")]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, [host.live for host in hosts]) == (5, [OLD] * 3)
    assert group.done[-1] == f"in web{number + 1}"
    assert not group.out


@pytest.mark.parametrize("number", range(3))
def test_a_host_that_the_load_balancer_finds_unhealthy_is_a_failed_health_check(
    fab: Fab, hosts_of: Hosts, group: Group, number: int
) -> None:
    hosts = hosts_of()
    name = THREE[number]
    hosts[number].answers["post-release"] = [lambda: group.states.update({name: "unhealthy"}) or failed(code=0)]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, [host.live for host in hosts]) == (5, [OLD] * 3)
    assert f"{name}:80 (unhealthy) is not healthy after 240 s" in ran.err


@pytest.mark.parametrize("number", range(3))
def test_a_host_that_is_never_drained_is_not_switched(fab: Fab, hosts_of: Hosts, group: Group, number: int) -> None:
    hosts = hosts_of()
    group.states[THREE[number]] = "draining"
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, [host.live for host in hosts]) == (5 if number else 3, [OLD] * 3)
    assert f"{THREE[number]}:80 (draining) is not drained after 360 s" in ran.err
    assert not group.out


def test_a_ctrl_c_leaves_nobody_out(fab: Fab, hosts_of: Hosts, group: Group) -> None:
    hosts = hosts_of()
    hosts[1].answers["post-release"] = [hosts[0].pressed()]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, group.done[-1], group.out) == (130, "in web2", {})


def test_of_two_hosts_the_one_that_was_left_out_comes_in_before_the_other_may_leave(
    fab: Fab, hosts_of: Hosts, group: Group
) -> None:
    hosts = hosts_of("web1", "web2")
    group.left_out[Target("web2", 80)] = "deploy of grace@desk"
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, [host.live for host in hosts]) == (0, [NEW] * 2)
    assert group.done == ["find", "in web2", "out web1", "in web1", "out web2", "in web2"]


def test_what_others_have_taken_out_is_left_alone_where_it_is_no_host_of_this_run(
    fab: Fab, hosts_of: Hosts, group: Group
) -> None:
    hosts_of()
    group.left_out[Target("web3", 80)] = "deploy of grace@desk"
    assert fab("deploy", "--ref", "master", "--without", "web3", "--reason", "it is down").code == 0
    assert group.done == ["find", "out web1", "in web1", "out web2", "in web2"]


def test_an_aws_that_cannot_be_asked_for_a_while_is_asked_again(fab: Fab, hosts_of: Hosts, group: Group) -> None:
    hosts = hosts_of()
    away, asked = Unreachable("the load balancer cannot be reached"), group.unhealthy

    def unhealthy(targets: Sequence[Target]) -> dict[Target, str]:  # noqa: ARG001
        group.unhealthy = asked  # type: ignore[method-assign]
        raise away

    group.unhealthy = unhealthy  # type: ignore[method-assign]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, [host.live for host in hosts]) == (0, [NEW] * 3)
    assert "the load balancer cannot be reached: it is tried again" in ran.err


@pytest.mark.parametrize("number", range(2))
def test_who_cannot_be_put_in_again_is_named_with_the_line_that_does_it(
    fab: Fab, hosts_of: Hosts, group: Group, number: int
) -> None:
    hosts_of()
    taken_out = group.take_out

    def away(targets: Sequence[Target]) -> float:
        if targets[0].id == THREE[number]:
            group.wrong["in"] = Unreachable("the load balancer cannot be reached")
        return taken_out(targets)

    group.take_out = away  # type: ignore[method-assign]
    ran = fab("deploy", "--ref", "master")
    assert ran.code == 5
    assert f"warning: {THREE[number]}:80 is out of web, and could not be put in again: aws elbv2 register-targets" in ran.err
    assert f"--targets Id={THREE[number]},Port=80" in ran.err


def test_what_an_earlier_run_has_left_out_comes_in_with_its_batch(fab: Fab, hosts_of: Hosts, group: Group) -> None:
    hosts_of()
    group.left_out[Target("web2", 80)] = "deploy of grace@desk"
    ran = fab("deploy", "--ref", "master")
    assert ran.code == 0
    assert "warning: web2:80 was taken out of web by deploy of grace@desk, and never put in again: this run does it" in ran.err
    assert group.done == ["find", "in web2", *(f"{what} {name}" for name in THREE for what in ("out", "in"))]


def test_a_health_that_falls_on_the_way_ends_the_run_and_all_go_back(fab: Fab, hosts_of: Hosts, group: Group) -> None:
    hosts = hosts_of()
    hosts[0].answers["post-release"] = [lambda: group.states.update(web3="unhealthy", web1="unhealthy") or failed(code=0)]
    group.unhealthy = lambda targets: {}  # type: ignore[method-assign] # noqa: ARG005
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, [host.live for host in hosts]) == (5, [OLD] * 3)
    assert "no healthy target would be left in web without web2:80" in ran.err


@pytest.mark.parametrize("verb", ["release --ref master", "rollback", "post-release", "status"])
def test_only_a_deploy_asks_the_load_balancer(fab: Fab, hosts_of: Hosts, group: Group, verb: str) -> None:
    hosts_of()
    assert fab(*verb.split()).code == 0
    assert group.done == []


def test_without_the_key_nobody_is_asked(fab: Fab, fleet: Fleet, group: Group) -> None:
    fleet(THREE, batch=1)
    assert (fab("deploy", "--ref", "master").code, group.done) == (0, [])


def test_a_problem_of_aws_on_the_way_is_3_where_nothing_has_moved(fab: Fab, hosts_of: Hosts, group: Group) -> None:
    hosts = hosts_of()
    group.wrong["out"] = NotReleased("AWS refuses")
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, [host.live for host in hosts]) == (3, [OLD] * 3)


def test_check_says_whether_each_batch_may_leave(fab: Fab, hosts_of: Hosts, group: Group) -> None:
    for host in hosts_of():
        host.fails = "ok"
    assert "load balancer: each batch leaves a healthy target in web" in " ".join(fab("check").out.split())
    hosts_of(batch=None)
    ran = fab("check")
    assert (ran.code, "FAIL" in ran.out, "no healthy target would be left" in " ".join(ran.out.split())) == (3, True, True)
    assert group.done == ["find", "find"]
    assert "load balancer" not in fab("check", "--host", "web2").out


def test_check_names_what_a_run_has_left_out_and_leaves_it_there(fab: Fab, hosts_of: Hosts, group: Group) -> None:
    for host in hosts_of():
        host.fails = "ok"
    group.left_out[Target("web2", 80)] = "deploy of grace@desk"
    ran = fab("check")
    said = " ".join(ran.out.split())
    assert "web2:80 was taken out of web by deploy of grace@desk: a deploy is at work, or has left it out" in said
    assert "--targets Id=web2,Port=80" in said
    assert (ran.code, group.done) == (0, ["find"])
    group.wrong["find"] = Unreachable("AWS refuses")
    assert (fab("check").code, group.done) == (3, ["find"])


def test_hosts_of_which_none_is_a_target_are_a_mistake(fab: Fab, hosts_of: Hosts, group: Group) -> None:
    hosts = hosts_of("worker1", "worker2")
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, [host.changed for host in hosts], group.done) == (2, [[]] * 2, ["find"])
    assert "none of worker1, worker2 is a target of web" in ran.err
    hosts_of("web1", "worker1")
    assert fab("deploy", "--ref", "master", "--without", "web1", "--reason", "it is down").code == 0
