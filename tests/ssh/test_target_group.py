"""The target group of a load balancer, asked of AWS on loopback."""

import contextlib
import functools
from collections.abc import Callable, Iterator

import pytest

from tasks.errors import NotReleased, ReleaseError, Unreachable, UsageError
from tasks.remote.aws import Client
from tasks.remote.aws_failures import ELB
from tasks.remote.target_group import Target, TargetGroup
from tests.support.ec2 import SOMEBODY, Account, answering, moto_server, refusal

ONE, TWO = Target("127.0.0.1", 80), Target("127.0.0.2", 80)
HOSTS = {"127.0.0.1": ["127.0.0.1"], "127.0.0.2": ["127.0.0.2"]}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A server that the tests of this module share; each makes its account empty."""
    with moto_server() as url:
        yield url


@pytest.fixture
def account(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account without load balancers."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**SOMEBODY, "AWS_ENDPOINT_URL": endpoint}.items():
        monkeypatch.setenv(name, value)
    return Account(endpoint)


@pytest.fixture
def group(account: Account) -> TargetGroup:
    """The group of two hosts, which knows them."""
    found = TargetGroup(account.target_group("127.0.0.1", "127.0.0.2"), "deploy of ada@her laptop")
    found.find(HOSTS)
    return found


def again(group: TargetGroup) -> TargetGroup:
    """What another run finds."""
    found = TargetGroup(group.arn, "deploy of grace")
    found.find(HOSTS)
    return found


def test_a_host_is_known_by_its_address_and_by_a_name_that_leads_there(group: TargetGroup) -> None:
    group.find({"web1": ["web1.invalid", "localhost"], "127.0.0.2": ["127.0.0.2"], "worker": ["worker.invalid"]})
    assert group.of == {"web1": [ONE], "127.0.0.2": [TWO], "worker": []}


@pytest.mark.parametrize("field", ["InstanceId", "PrivateIpAddress", "PublicIpAddress", "PublicDnsName", "PrivateDnsName"])
def test_an_instance_is_known_by_all_that_ec2_calls_it(account: Account, field: str) -> None:
    made = [each["InstanceId"] for each in account.launch(3)]
    described = account.client.describe_instances(InstanceIds=made)["Reservations"]
    names = {each["InstanceId"]: each[field] for found in described for each in found["Instances"]}
    group = TargetGroup(account.target_group(*made[:2]), "")
    group.find({name: [name] for name in names.values()})
    assert group.of == {names[id]: [Target(id, 80)] if id in made[:2] else [] for id in made}


def test_what_is_taken_out_is_drained_and_comes_in_again(group: TargetGroup, account: Account) -> None:
    assert group.take_out([ONE]) == 300 + 60
    assert (group.leaving([ONE]), account.targets(group.arn)) == ({}, {"127.0.0.2"})
    assert group.unhealthy([ONE]) == {ONE: "unused"}
    assert group.put_in([ONE]) == 30 * 6 + 180
    assert (group.unhealthy([ONE]), account.targets(group.arn)) == ({}, {"127.0.0.1", "127.0.0.2"})


def test_what_a_run_has_left_out_is_known_to_the_next_until_it_is_in_again(group: TargetGroup) -> None:
    group.take_out([ONE])
    found = again(group)
    assert (found.left, [*found.out]) == ({ONE: "deploy of ada@her laptop"}, [])
    assert found.of == {"127.0.0.1": [ONE], "127.0.0.2": [TWO]}
    found.find({"127.0.0.2": ["127.0.0.2"]})
    assert found.left == {}
    found.put_in([ONE])
    assert (again(group).left, [*again(group).health()]) == ({}, [TWO, ONE])


def test_who_took_it_out_is_a_value_that_a_tag_may_have(account: Account) -> None:
    group = TargetGroup(account.target_group("127.0.0.1", "127.0.0.2"), "deploy of o'brien@\u00e9t\u00e9 " + "x" * 300)
    group.find(HOSTS)
    group.take_out([ONE])
    (tag,) = account.balancers.describe_tags(ResourceArns=[group.arn])["TagDescriptions"][0]["Tags"]
    assert tag["Key"] == "fab-drained:127.0.0.1:80"
    assert tag["Value"].startswith("- deploy of o_brien@_t_ xxx")
    assert len(tag["Value"]) == 256


@pytest.mark.parametrize("key", ["fab-drained:", "fab-drained:web", "fab-drained:web:x", "Name"])
def test_a_tag_of_somebody_else_is_no_target(group: TargetGroup, account: Account, key: str) -> None:
    account.balancers.add_tags(ResourceArns=[group.arn], Tags=[{"Key": key, "Value": "1"}])
    assert again(group).left == {}


def test_no_healthy_target_that_is_left_is_refused(group: TargetGroup) -> None:
    group.require_others([ONE])
    group.require_others([])
    with pytest.raises(NotReleased, match=r"no healthy target would be left in web without 127.0.0.1:80, 127.0.0.2:80"):
        group.require_others([ONE, TWO])
    group.take_out([TWO])
    with pytest.raises(NotReleased):
        group.require_others([ONE])


def test_a_tag_of_one_that_somebody_has_put_in_by_hand_is_stale(group: TargetGroup, account: Account) -> None:
    group.take_out([ONE])
    account.balancers.register_targets(TargetGroupArn=group.arn, Targets=[{"Id": "127.0.0.1", "Port": 80}])
    found = again(group)
    assert (found.left, found.stale) == ({}, [ONE])
    found.untag(found.stale)
    assert again(group).stale == []


def test_a_run_that_is_over_takes_nothing_out_any_more(group: TargetGroup) -> None:
    """A Ctrl-C may come while a thread is about to."""
    assert group.restore() == []
    group.take_out([ONE])
    assert [*group.health()] == [ONE, TWO]


def test_one_target_that_is_refused_does_not_keep_the_others_out(group: TargetGroup) -> None:
    group.take_out([ONE])
    ended = Target("i-0ended", 80)
    group.out = {ended: None, ONE: None}
    assert ONE not in group.restore()
    assert {ONE, TWO} <= group.health().keys()


def test_a_group_that_does_not_exist_is_a_mistake(group: TargetGroup) -> None:
    with pytest.raises(UsageError, match="there is no such target group in eu-west-1") as caught:
        TargetGroup(group.arn[:-4] + "0000", "").find(HOSTS)
    assert caught.value.next.startswith("aws elbv2 describe-target-groups --region eu-west-1")


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("status", "code", "kind", "what"),
    [
        (403, "AccessDenied", Unreachable, "elasticloadbalancing:DescribeTargetHealth is not allowed"),
        (400, "ValidationError", UsageError, "there is no such target group"),
        (400, "Throttling", Unreachable, "the load balancer in eu-west-1 is asked too often"),
        (400, "OperationNotPermitted", Unreachable, "refuses elasticloadbalancing:DescribeTargetHealth"),
    ],
)
def test_an_error_of_aws_is_one_sentence_and_what_to_type(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str, kind: type[ReleaseError], what: str
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/76714da1ba2b4428"
    with answering(status, refusal(code, "its words")) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        with pytest.raises(kind, match=what) as caught:
            TargetGroup(arn, "").health()
    assert caught.value.next


def test_what_cannot_be_put_in_again_is_a_line_to_type(group: TargetGroup, monkeypatch: pytest.MonkeyPatch) -> None:
    group.take_out([ONE])
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with answering(503, refusal("ServiceUnavailable", "later")) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        group._elb = Client(ELB, group.region)
        assert group.restore() == [ONE]
    line = f"aws elbv2 register-targets --region eu-west-1 --target-group-arn {group.arn}"
    assert group.registering([ONE]) == f"{line} --targets Id=127.0.0.1,Port=80"
    assert group.registering([Target("10.0.0.1", 80, "all")]) == f"{line} --targets Id=10.0.0.1,Port=80,AvailabilityZone=all"


def test_a_tag_that_cannot_be_removed_is_a_warning_and_the_target_is_in(
    group: TargetGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    group.take_out([ONE])
    monkeypatch.setattr(group, "untag", functools.partial(_refused_untag, group, monkeypatch, group.untag))
    group.put_in([ONE])
    assert ([*group.out], [*group.health()]) == ([], [TWO, ONE])
    assert group.warnings == ["the tags of web that begin with fab-drained: cannot be removed: AWS refuses: its words"]


def _refused_untag(
    group: TargetGroup, monkeypatch: pytest.MonkeyPatch, untag: Callable[..., None], targets: list[Target]
) -> None:
    with monkeypatch.context() as here, contextlib.ExitStack() as refuses:
        refuses.callback(here.undo)

        @contextlib.contextmanager
        def asked() -> Iterator[None]:
            raise Unreachable("AWS refuses: its words")
            yield

        here.setattr(group._elb, "asked", asked)
        untag(targets)
