"""What hosts.yml says of several hosts: addresses with keys of their own, batches, pauses."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.config.at_host import at_host
from tasks.config.inventory import parse
from tasks.config.stored import load
from tasks.errors import UsageError

Refused = Callable[[str | bytes], UsageError]

BATCH = "expected a number of hosts, or a share of them such as 25%,"
ARN = "expected the ARN of a target group (arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/NAME/ID)"
BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web/7"
OWN_KEY = "its port is a key of its own, port"
NO_USER, NO_PORT = "expected an address without a user", "expected an address without a port"
NO_BRACKETS = "expected an address without brackets"
KINDS = "expected a mapping with exactly one of systemd, supervisor and run"

WRONG = [
    ("address: [web1, {hosts: web2}]", "address[1].hosts: is not a known key, did you mean host?"),
    ("address: [{port: 22}]", "address[0].host: is required"),
    ("address: []", "address: expected at least one address, found an empty list"),
    ("address: me@web1", f"address: {NO_USER}, found 'me@web1': release_user and service_user log in"),
    ("address: [web1, me@web2]", f"address[1]: {NO_USER}, found 'me@web2': release_user and service_user log in"),
    ("address: web1:22", f"address: {NO_PORT}, found 'web1:22': {OWN_KEY}"),
    ("address: [{host: web1, port: 1}, '10.0.0.1:22']", f"address[1]: {NO_PORT}, found '10.0.0.1:22': {OWN_KEY}"),
    ("address: '[::1]'", f"address: {NO_BRACKETS}, found '[::1]': {OWN_KEY}"),
    ("address: [{host: '[::1]:22'}]", f"address[0].host: {NO_BRACKETS}, found '[::1]:22': {OWN_KEY}"),
    ("address: ssh://web1", "address: expected a name or an address, found 'ssh://web1': no URL, and no path"),
    ("port: 022", "port: expected a whole number, found text: write it as 22"),
    ("port: '22'", "port: expected a whole number, found text: take the quotes away"),
    ("address: [web1, 5]", "address[1]: expected an address or a mapping, found a whole number"),
    ("address: [web1, {host: Web1, port: 23}]", "address[1]: 'Web1' stands here twice"),
    ("address: [{host: web1, services: [{systmd: b}]}]", f"address[0].services[0]: {KINDS}, did you mean systemd?"),
    ("address: [{host: web1, services: [{systemd: b, x: c}]}]", "address[0].services[0].x: is not a known key"),
    (
        "address: [{host: web1, health: [{url: 'http://h:x/'}]}]",
        "address[0].health[0].url: expected a URL such as http://127.0.0.1/health",
    ),
    ("address: [{host: web1, apps: {web: {pth: x}}}]", "address[0].apps.web.pth: is not a known key, did you mean path?"),
    ("address: [{host: web1, keep_releases: 3}]", "address[0].keep_releases: is not a known key"),
    (
        "address: [web1, {host: web2, writable: [var]}]\n    runtime_files: [var/.token]",
        "runtime_files[0]: the file 'var/.token' may lie in 'var', which php-fpm can write to",
    ),
    ("batch: 0", f"batch: {BATCH} found '0'"),
    ("batch: 0%", f"batch: {BATCH} found '0%'"),
    ("batch: 101%", f"batch: {BATCH} found '101%'"),
    ("batch: half", f"batch: {BATCH} found 'half'"),
    ("batch: true", "batch: expected text, found true or false: put quotes around it"),
    ("pause: -1", "pause: expected 0 or more, found -1"),
    ("drain: web", "drain: expected a mapping, found text"),
    ("drain: {}", "drain.target_group: is required"),
    ("drain: {target_group: web}", f"drain.target_group: {ARN}, found 'web'"),
    (f"drain: {{target_group: '{BALANCER}'}}", f"drain.target_group: {ARN}, found '{BALANCER}'"),
]


@pytest.mark.parametrize(("fragment", "line"), WRONG, ids=[fragment for fragment, _ in WRONG])
def test_a_wrong_key_is_told_with_its_place_and_what_was_expected(refused: Refused, fragment: str, line: str) -> None:
    content = f"defaults: {{repository: 'git@h:p'}}\nhosts:\n  prod:\n    {fragment}\n"
    assert refused(content).details == (f"hosts.prod.{line}",)


OWN = """
hosts:
  prod:
    repository: git@h:p
    services: [{systemd: nginx}]
    health: [{url: "http://127.0.0.1/"}]
    address:
      - web1
      - {host: worker1, port: 2222, services: [{systemd: "messenger@*"}], health: []}
"""


@pytest.mark.parametrize("stored", [False, True])
def test_each_key_of_an_address_replaces_that_of_the_environment_for_this_host_alone(tmp_path: Path, stored: bool) -> None:
    path = tmp_path / "hosts.yml"
    path.write_text(OWN)
    for _ in range(2):  # the second is from what the first has kept
        environment = (load(path).environments if stored else parse(path, OWN.encode()))["prod"]
        web, worker = (at_host(environment, address) for address in environment.addresses)
        assert [(each.name, each.port, len(each.health)) for each in (web, worker)] == [("prod", 22, 1), ("prod", 2222, 0)]
        assert [[service.label for service in each.services] for each in (web, worker)] == [
            ["systemd nginx"],
            ["systemd messenger@*"],
        ]
        assert (web.repository, worker.repository, worker.live_link) == ("git@h:p", "git@h:p", "source")


@pytest.mark.parametrize("address", ["::1", "fe80::1%eth0", "web1", "10.0.0.1", "a_b.example.com"])
def test_an_address_is_a_name_or_an_address(address: str) -> None:
    content = f"hosts: {{prod: {{repository: 'git@h:p', address: '{address}'}}}}"
    assert [each.host for each in parse(Path("hosts.yml"), content.encode())["prod"].addresses] == [address]
