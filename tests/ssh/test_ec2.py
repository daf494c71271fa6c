"""The instances that are an environment's hosts, asked of EC2 on loopback."""

import socket
import sys
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.errors import ReleaseError, Unreachable, UsageError
from tasks.remote import aws, ec2
from tasks.remote.ec2 import Instance, instances
from tests.support.ec2 import NOBODY, REGION, SOMEBODY, Account, answering, moto_server, refusal

WEB = {"tag:Role": ("web",)}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A server that the tests of this module share; each makes its account empty."""
    with moto_server() as url:
        yield url


@pytest.fixture(autouse=True)
def _somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in SOMEBODY.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def account(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account without instances."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    return Account(endpoint)


def asked(use: str = "private", region: str = REGION, filters: Mapping[str, tuple[str, ...]] = WEB) -> tuple[Instance, ...]:
    return instances(SimpleNamespace(region=region, filters=filters, use=use))  # type: ignore[arg-type]


def refused(**options: Any) -> ReleaseError:
    with pytest.raises(ReleaseError) as caught:
        asked(**options)
    assert caught.value.state == "No host was touched."
    assert caught.value.next
    return caught.value


def test_those_that_run_and_match_are_found_page_by_page(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    web = account.launch(12, Role="web")
    account.launch(2, Role="worker")
    monkeypatch.setattr(ec2, "PAGE", 5)
    assert {each.id for each in asked()} == {each["InstanceId"] for each in web}


def test_one_that_is_stopped_or_ended_is_no_host(account: Account) -> None:
    runs, stopped, ended = (each["InstanceId"] for each in account.launch(3, Role="web"))
    account.client.stop_instances(InstanceIds=[stopped])
    account.client.terminate_instances(InstanceIds=[ended])
    assert [each.id for each in asked()] == [runs]


def test_they_are_in_the_order_of_launch_then_of_id(account: Account) -> None:
    account.launch(6, Role="web")
    found = asked()
    assert list(found) == sorted(found, key=lambda each: (each.launched, each.id))
    assert len(found) == 6


@pytest.mark.parametrize("use", ["private", "public", "dns", "id"])
def test_an_address_is_what_use_asks_for(account: Account, use: str) -> None:
    (made,) = account.launch(Role="web")
    (described,) = account.client.describe_instances(InstanceIds=[made["InstanceId"]])["Reservations"][0]["Instances"]
    field = {"private": "PrivateIpAddress", "public": "PublicIpAddress", "dns": "PublicDnsName", "id": "InstanceId"}[use]
    (found,) = asked(use)
    assert found == Instance(described[field], made["InstanceId"], described["LaunchTime"])
    assert found.address


def test_filters_are_those_of_describe_instances(account: Account) -> None:
    (one,) = account.launch(Role="web-1", Environment="prod")
    (two,) = account.launch(Role="web-2", Environment="prod")
    account.launch(Role="web-3", Environment="test")
    found = asked(filters={"tag:Role": ("web-*",), "tag:Environment": ("prod", "other")})
    assert {each.id for each in found} == {one["InstanceId"], two["InstanceId"]}


def test_none_that_matches_is_a_mistake_with_region_and_filters(account: Account) -> None:
    account.launch(Role="worker")
    error = refused(filters={"tag:Role": ("web",), "tag:Environment": ("a", "b")})
    assert isinstance(error, UsageError)
    assert error.what == "no instance that runs in eu-west-1 matches tag:Role=web, tag:Environment=a,b"
    assert "--filters Name=tag:Role,Values=web Name=tag:Environment,Values=a,b" in error.next


def page(*fields: str) -> str:
    """An answer with one instance for each of these."""
    items = "".join(f"<item><launchTime>2026-01-01T00:00:00Z</launchTime>{each}</item>" for each in fields)
    inside = f"<reservationSet><item><instancesSet>{items}</instancesSet></item></reservationSet>"
    return f"<DescribeInstancesResponse>{inside}</DescribeInstancesResponse>"


def test_one_without_the_address_that_is_asked_for_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    private = "<instanceId>i-{0}</instanceId><privateIpAddress>10.0.0.{0}</privateIpAddress>"
    dns = "<privateDnsName>ip-10-0-0-{0}.internal</privateDnsName><dnsName></dnsName>"
    with answering(200, page(*((private + dns).format(number) for number in (2, 1)))) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        assert [each.address for each in asked()] == ["10.0.0.1", "10.0.0.2"]
        assert [each.address for each in asked("dns")] == ["ip-10-0-0-1.internal", "ip-10-0-0-2.internal"]
        error = refused(use="public")
    assert isinstance(error, UsageError)
    assert error.what == "i-1, i-2 in eu-west-1: no public IPv4 address, and hosts.yml asks for one (use: public)"


def test_two_with_one_address_are_a_mistake_and_none_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = "<instanceId>i-{}</instanceId><privateIpAddress>10.0.0.{}</privateIpAddress>"
    with answering(200, page(*(fields.format(*each) for each in ((1, 7), (2, 7), (3, 8))))) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        error = refused()
    assert isinstance(error, UsageError)
    assert error.what == "i-1, i-2 in eu-west-1: all have the private IPv4 address 10.0.0.7"


ANSWERS = [
    (403, "UnauthorizedOperation", Unreachable, "ec2:DescribeInstances is not allowed", "docs/ec2.md"),
    (400, "RequestExpired", Unreachable, "is missing or has expired", "aws sso login"),
    (401, "AuthFailure", Unreachable, "does not take the credentials", "aws sts get-caller-identity"),
    (400, "OptInRequired", Unreachable, "refuses ec2:DescribeInstances", "aws sts get-caller-identity"),
    (400, "InvalidParameterValue", UsageError, "does not take the filters", "describe-instances help"),
    (400, "FilterLimitExceeded", UsageError, "does not take the filters", "describe-instances help"),
]


@pytest.mark.parametrize(("status", "code", "kind", "what", "next"), ANSWERS, ids=[each[1] for each in ANSWERS])
def test_an_error_of_aws_is_one_sentence_and_what_to_type(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str, kind: type, what: str, next: str
) -> None:
    with answering(status, refusal(code, f"Words of\n {'AWS ' * 200}")) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        error = refused()
    assert type(error) is kind
    assert what in error.what
    assert next in error.next
    assert f"({code})" in error.details[0]
    assert "Words of AWS AWS" in error.details[0]
    assert len(error.details[0]) < 600
    assert server.asked == 1


@pytest.mark.parametrize(
    ("status", "code", "what"), [(503, "RequestLimitExceeded", "throttled"), (500, "InternalError", "a fault of its own")]
)
def test_what_may_pass_is_tried_three_times(monkeypatch: pytest.MonkeyPatch, status: int, code: str, what: str) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with answering(status, refusal(code, "later")) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        error = refused()
    assert isinstance(error, Unreachable)
    assert what in error.what
    assert server.asked == aws.ATTEMPTS


def test_an_answer_that_is_none_of_ec2s_is_a_fault_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with answering(200, "<html><p>a proxy") as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        assert "a fault of its own" in refused().what


@pytest.mark.parametrize("region", ["eu-west-1", "eu-wset-1"])
def test_nobody_who_answers_is_a_network_or_a_region_that_does_not_exist(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")
        error = refused(region=region)
    if region == REGION:
        assert (error.code, error.what) == (7, "EC2 in eu-west-1 cannot be reached")
    else:
        assert (error.code, error.what) == (2, "there is no region eu-wset-1, did you mean eu-west-1?")


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    monkeypatch.setattr(aws, "READ_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        error = refused()
    assert (error.code, error.what) == (7, "EC2 in eu-west-1 cannot be reached")


def test_no_credentials_is_an_error_with_the_login_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SOMEBODY.keys() - NOBODY.keys():
        monkeypatch.delenv(name)
    error = refused()
    assert (error.code, "no AWS credentials" in error.what) == (7, True)
    assert error.next == "aws sso login # or aws configure"


def test_a_profile_that_does_not_exist_is_a_mistake_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "prod")
    error = refused()
    assert error.code == 2
    assert error.next == "aws configure list --profile prod"
    assert "prod" in error.details[0]


def test_an_endpoint_that_is_no_url_is_a_mistake_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    assert refused().code == 2


def test_without_boto3_the_line_to_install_it_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    error = refused()
    assert isinstance(error, UsageError)
    assert "needs boto3" in error.what
    assert error.next.startswith(f"{sys.executable} -m pip install -r ")
    assert error.next.endswith("/requirements-ec2.txt")
