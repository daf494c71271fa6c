"""The way to a host: hosts.yml first, then ssh_config, as ssh's own command line does."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fabric.config import Config
from paramiko import SSHConfig

from tasks.errors import Unreachable, UsageError
from tasks.remote.jump import Jump
from tasks.remote.route import Hop, route
from tasks.remote.without_ssh import Paramiko


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    return tmp_path


def hops(
    ssh_config: str = "",
    address: str = "web1",
    fabric: dict[str, Any] | None = None,
    known_as: str | None = None,
    **keys: Any,
) -> tuple[Hop, ...]:
    environment: Any = SimpleNamespace(
        **{"port": 22, "identity_file": None, "known_hosts_file": None, "host_key": None, **keys}
    )
    config = Config(ssh_config=SSHConfig(), overrides=fabric or {})  # type: ignore[no-untyped-call]
    return route(environment, address, "ftsuser", config, Paramiko(SSHConfig.from_text(ssh_config)), known_as)


def hop(ssh_config: str = "", **keys: Any) -> Hop:
    (only,) = hops(ssh_config, **keys)
    return only


def names(ssh_config: str) -> list[str]:
    return [each.name for each in hops(ssh_config)]


def test_a_host_that_ssh_config_does_not_know_is_what_hosts_yml_says() -> None:
    assert (hop().host, hop().port, hop().user, hop().timeout) == ("web1", 22, "ftsuser", 10)


def test_the_user_of_hosts_yml_wins() -> None:
    assert hop("User somebody\n").user == "ftsuser"


def test_the_port_of_ssh_config_stands_where_hosts_yml_has_the_default() -> None:
    assert hop("Port 2200\n").port == 2200


def test_any_other_port_of_hosts_yml_wins() -> None:
    assert hop("Port 2200\n", port=2222).port == 2222


def test_a_proxy_command_is_given_the_port_and_user_that_are_used() -> None:
    assert hop("ProxyCommand tunnel %r %h %p\nPort 2200\n", port=2222).proxy_command == "tunnel ftsuser web1 2222"


def test_match_user_sees_the_user_of_hosts_yml() -> None:
    assert hop("Match user ftsuser\n  HostName 10.0.0.1\n").host == "10.0.0.1"


@pytest.mark.parametrize(
    ("ssh_config", "fabric", "seconds"),
    [
        ("ConnectTimeout 3\n", {}, 3),
        ("ConnectTimeout none\n", {}, 10),
        ("ConnectTimeout 3\n", {"connect_kwargs": {"timeout": 4}}, 4),
        ("", {"timeouts": {"connect": 5}}, 5),
        ("ProxyCommand aws ssm start-session\n", {}, 30),
        ("ProxyCommand none\n", {}, 10),
        ("ProxyCommand aws ssm start-session\nConnectTimeout 3\n", {}, 3),
        ("ProxyCommand aws ssm start-session\n", {"timeouts": {"connect": 60}}, 60),
    ],
)
def test_the_patience_is_fabs_then_ssh_configs(ssh_config: str, fabric: dict[str, Any], seconds: int) -> None:
    assert hop(ssh_config, fabric=fabric).timeout == seconds


@pytest.mark.parametrize(
    ("ssh_config", "port", "known_as"),
    [
        ("", 22, ("web1",)),
        ("HostName Web1.Example.COM\n", 22, ("web1.example.com",)),
        ("", 2222, ("[web1]:2222", "web1")),
        ("HostKeyAlias site\n", 2222, ("site",)),
    ],
)
def test_known_hosts_is_asked_as_ssh_asks_it(ssh_config: str, port: int, known_as: tuple[str, ...]) -> None:
    assert hop(ssh_config, port=port).known_as == known_as


def test_a_host_may_be_known_by_another_name_than_its_address() -> None:
    bastion, host = hops("Host web1\n  ProxyJump b\n", port=2222, known_as="i-1")
    assert (bastion.known_as, host.known_as) == (("b",), ("i-1",))
    assert host.ssh == "ssh -p 2222 -o HostKeyAlias=i-1 ftsuser@web1 true"


def test_the_alias_of_ssh_config_wins_over_that_name() -> None:
    found = hop("HostKeyAlias site\n", known_as="i-1")
    assert found.known_as == ("site",)
    assert "HostKeyAlias" not in found.ssh


def test_known_hosts_file_replaces_every_other() -> None:
    assert hop("UserKnownHostsFile ~/mine\n", known_hosts_file="~/team").known_hosts == (Path("~/team").expanduser(),)


def test_a_bastion_may_stand_in_the_teams_file_or_in_the_users(home: Path) -> None:
    bastion, _ = hops("Host web1\n  ProxyJump b\n", known_hosts_file="~/team")
    assert bastion.known_hosts[:2] == (home / "team", home / ".ssh/known_hosts")


def test_ssh_configs_known_hosts_files_may_be_several_and_none(home: Path) -> None:
    found = hop('UserKnownHostsFile ~/a "~/b c"\nGlobalKnownHostsFile none\n').known_hosts
    assert found == (home / "a", home / "b c")


def test_a_pin_is_for_the_host_and_not_for_its_bastion() -> None:
    bastion, host = hops("Host web1\n  ProxyJump b\n", host_key="ssh-ed25519 AAAA")
    assert (bastion.pin, host.pin) == (None, "ssh-ed25519 AAAA")


def test_the_identity_file_of_hosts_yml_is_for_the_host_and_not_for_its_bastion(home: Path) -> None:
    (home / "key").write_text("")
    (home / ".ssh/id_rsa").write_text("")
    bastion, host = hops("Host web1\n  ProxyJump b\n", identity_file="~/key")
    assert (bastion.identities, host.identities) == ((home / ".ssh/id_rsa",), (home / "key",))


def test_ssh_configs_identities_replace_the_usual_ones_and_missing_ones_are_passed_over(home: Path) -> None:
    for name in (".ssh/id_ed25519", "a"):
        (home / name).write_text("")
    assert hop("IdentityFile ~/missing\nIdentityFile ~/a\n").identities == (home / "a",)
    assert hop().identities == (home / ".ssh/id_ed25519",)


def test_a_missing_identity_file_of_hosts_yml_is_an_error() -> None:
    with pytest.raises(UsageError, match="missing does not exist"):
        hops(identity_file="~/missing")


@pytest.mark.parametrize(
    ("given", "words"),
    [(".", "-i is empty"), ("{home}/.ssh", "is a directory"), ("/dev/null", "is not a file"), ("~/x", "/x does not exist")],
)
def test_a_key_of_the_command_line_that_is_no_file_is_said_as_it_is(home: Path, given: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        hops(fabric={"authentication": {"identities": [Path(given.format(home=home)).expanduser()]}})


def test_an_error_names_the_role_of_a_bastion_and_brackets_ipv6() -> None:
    bastion, host = hops("Host web1\n  HostName ::1\n  ProxyJump me@b:2200\n")
    assert str(bastion) == "b, the bastion of web1 (me@b:2200)"
    assert str(host) == "web1 (ftsuser@[::1]:22)"


# --- ProxyJump


def test_jumps_are_passed_in_their_order() -> None:
    assert names("Host web1\n  ProxyJump a,b , c\n") == ["a", "b", "c", "web1"]


def test_the_first_jumps_own_jumps_come_before_it() -> None:
    assert names("Host web1\n  ProxyJump a,b\nHost a\n  ProxyJump z\nHost b\n  ProxyJump y\n") == ["z", "a", "b", "web1"]


def test_a_jump_for_every_host_does_not_go_over_itself() -> None:
    assert names("Host b\n  HostName 10.0.0.1\nHost *\n  ProxyJump b\n") == ["b", "web1"]


def test_jumps_in_a_circle_are_refused() -> None:
    with pytest.raises(Unreachable, match="circle: web1:22 -> a:22 -> b:22 -> a:22"):
        hops("Host web1\n  ProxyJump a\nHost a\n  ProxyJump b\nHost b\n  ProxyJump a\n")


def test_proxy_jump_none_jumps_nowhere() -> None:
    assert names("Host web1\n  ProxyJump none\nHost *\n  ProxyJump b\n") == ["web1"]


def test_of_proxy_jump_and_proxy_command_the_first_one_wins() -> None:
    assert [each.proxy_command for each in hops("ProxyCommand x\nProxyJump b\n")] == ["x"]
    assert [each.proxy_command for each in hops("Host web1\n  ProxyJump b\n  ProxyCommand x\n")] == [None, None]


@pytest.mark.parametrize(
    ("spec", "jump"),
    [
        ("b", Jump("b")),
        ("me@b:2200", Jump("b", "me", 2200)),
        ("ssh://me@b:2200/", Jump("b", "me", 2200)),
        ("me@corp@b", Jump("b", "me@corp")),
        ("[::1]:2200", Jump("::1", None, 2200)),
    ],
)
def test_a_jump_is_read_as_ssh_reads_it(spec: str, jump: Jump) -> None:
    assert Jump.parse(spec) == jump


@pytest.mark.parametrize("spec", ["", "b:", "b:x", "[::1", "a b:c:d"])
def test_what_is_no_jump_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        Jump.parse(spec)


@pytest.mark.parametrize("ssh_config", ["Port many\n", "ConnectTimeout soon\n", "ProxyJump b:x\n"])
def test_an_ssh_config_that_cannot_be_used_is_said(ssh_config: str) -> None:
    with pytest.raises(Unreachable, match="web1: what ssh_config says of it cannot be used"):
        hops(ssh_config)
