"""One name, two machines: the release user's login reaches one, the service user's the other."""

import re
from collections.abc import Iterator

import pytest

from tests.support.booted import Booted, Lab
from tests.support.shop import Shop

LEADS_ELSEWHERE = """\
Match host {first.address} user ubuntu
    HostName {second.address}
    HostKeyAlias {first.address}
"""


@pytest.fixture(scope="module")
def second(lab: Lab) -> Iterator[Booted]:
    """A host that nobody has used."""
    host = lab.boot("web2")
    try:
        yield host
    finally:
        host.stop()


@pytest.fixture(scope="module")
def shop(booted: Booted, second: Booted, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A site with a release to go back to. The second host is known by its name and takes its keys, as a clone of it would."""
    shop = Shop(booted, tmp_path_factory.mktemp("shop")).set_up()
    shop.deploy()
    shop.deploy()
    keys = booted.identity_file.with_suffix(".pub").read_text()
    second.sh("cat >>~ubuntu/.ssh/authorized_keys", stdin=keys)
    with booted.known_hosts_file.open("a") as known:
        known.write(second.known_hosts_file.read_text().replace(second.address, booted.address))
    (shop.workstation / "ssh_config").write_text(LEADS_ELSEWHERE.format(first=booted, second=second))
    return shop


def there(host: Booted) -> set[str]:
    """All that lies in the homes, but the times of locks that nobody has: who is refused had asked for them."""
    lines = set(host.snapshot().split("\n"))
    return {re.sub(r"[\d.]+ 0 $", "", line) if re.match(r"\S+/(lock|move) f 600 ", line) else line for line in lines}


@pytest.mark.parametrize(
    "words", [("deploy", "--ref", "master"), ("rollback",), ("post-release",), ("check",)], ids=lambda words: words[0]
)
def test_two_machines_behind_one_name_are_refused_before_anything_is_written(
    shop: Shop, second: Booted, words: tuple[str, ...]
) -> None:
    before = [there(shop.host), there(second)]
    started = shop.host.sh("systemctl show --property=ExecMainStartTimestamp 'messenger-worker@*' php8.2-fpm nginx")
    said = shop.fab("-S", str(shop.workstation / "ssh_config"), *words, code=7).err
    assert f"{shop.host.address} is more than one machine: its logins are on machine " in said
    assert [there(shop.host), there(second)] == before
    assert shop.host.sh("systemctl show --property=ExecMainStartTimestamp 'messenger-worker@*' php8.2-fpm nginx") == started
