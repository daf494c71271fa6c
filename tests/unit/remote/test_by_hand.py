"""The line that logs in to a hop as this tool does, for people to paste."""

import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fabric.config import Config
from paramiko import SSHConfig

from tasks.remote.route import route
from tasks.remote.without_ssh import Paramiko


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def line(ssh_config: str = "", **keys: Any) -> str:
    environment: Any = SimpleNamespace(
        **{"port": 22, "identity_file": None, "known_hosts_file": None, "host_key": None, **keys}
    )
    config = Config(ssh_config=SSHConfig())  # type: ignore[no-untyped-call]
    (only,) = route(environment, "web1", "ftsuser", config, Paramiko(SSHConfig.from_text(ssh_config)))
    return only.ssh


def test_what_to_type_reaches_the_same_host(home: Path) -> None:
    (home / "a key").write_text("")
    expected = f"ssh -p 2222 -i '{home}/a key' -o UserKnownHostsFile={home}/team ftsuser@web1 true"
    assert line(port=2222, identity_file="~/a key", known_hosts_file="~/team") == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a b", '"{home}/a b"'),
        ("100%", "{home}/100%%"),
        ("a 'b\"", '"{home}/a \'b\\""'),
        ("a\\b", '"{home}/a\\\\b"'),
        ("a#", '"{home}/a#"'),
    ],
)
def test_what_to_type_has_a_path_as_ssh_config_has_it(home: Path, name: str, value: str) -> None:
    words = shlex.split(line(known_hosts_file=f"{home}/{name}"))
    assert words[2] == f"UserKnownHostsFile={value.format(home=home)}"


def test_a_key_with_a_percent_sign_is_given_as_ssh_takes_it(home: Path) -> None:
    (home / "100% mine").write_text("")
    found = shlex.split(line(identity_file=str(home / "100% mine")))
    assert found[1:3] == ["-o", f'IdentityFile="{home}/100%% mine"']


def test_what_to_type_runs_its_command_whatever_ssh_config_has_ssh_run() -> None:
    asked = "RemoteCommand tmux\nSessionType none\nForkAfterAuthentication yes\n"
    options = "-o RemoteCommand=none -o SessionType=default -o ForkAfterAuthentication=no"
    assert line(asked) == f"ssh {options} ftsuser@web1 true"
    assert line("RemoteCommand none\nSessionType default\n") == "ssh ftsuser@web1 true"
