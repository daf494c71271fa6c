"""What follows -H is names of hosts.yml: Fabric's user, port and list never send a release where nobody meant it."""

from pathlib import Path

import pytest
from fabric.config import Config
from fabric.executor import Executor
from hypothesis import given
from hypothesis import strategies as st
from invoke.exceptions import Exit
from paramiko import SSHConfig

from tasks.errors import UsageError
from tasks.flow.executor import Named, judge, judge_settings


@pytest.fixture(autouse=True)
def _hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hosts.yml").write_text("defaults: {repository: x}\nhosts: {prod: , preprod: }")
    monkeypatch.setenv("HOSTS_FILE", str(tmp_path / "hosts.yml"))


@pytest.mark.parametrize("name", ["prod:abc", "prod:22", "me@prod", "@", ":", "[::1]", "pr\nod", "\x1b[31m", "\udcff", "a/b"])
def test_a_user_a_port_or_what_cannot_be_printed_is_no_name(name: str) -> None:
    with pytest.raises(UsageError, match="-H takes the name of an environment") as caught:
        judge([name])
    assert str(caught.value).replace("\n", "").isprintable()


@pytest.mark.parametrize("names", [["", ""], ["prod", ""], ["", "prod"]])
def test_nothing_between_commas_is_no_name(names: list[str]) -> None:
    with pytest.raises(UsageError, match="and not ''"):
        judge(names)


def test_a_name_that_stands_there_twice_is_not_released_twice() -> None:
    with pytest.raises(UsageError, match="'prod' twice"):
        judge(["prod", "preprod", "prod"])


def test_of_several_the_unknown_one_is_found_before_the_first_is_touched() -> None:
    judge(["prod", "preprod"])
    with pytest.raises(UsageError, match="no environment 'prd' there, did you mean prod"):
        judge(["prod", "prd"])


def test_the_end_is_an_exit_code_for_fabric(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exit) as caught:
        Named.normalize_hosts(Named.__new__(Named), ["a:b"])
    assert caught.value.code == 2
    assert "'a:b'" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", [None, 1, "5", 86_400])
def test_seconds_to_connect_are_taken(seconds: object) -> None:
    judge_settings(settings(timeout=seconds))


@pytest.mark.parametrize("seconds", [0, "0", -1, 86_401, 99_999_999_999, "abc", "", "1.5", [], float("inf"), float("nan")])
def test_seconds_that_nobody_can_wait_are_a_mistake(seconds: object) -> None:
    for config in (settings(timeout=seconds), settings(connect=seconds)):
        with pytest.raises(UsageError, match="the time to connect is a whole number of seconds"):
            judge_settings(config)


@pytest.mark.parametrize(("name", "value"), [("TIMEOUTS_CONNECT", "abc"), ("TIMEOUTS_CONNECT", "-1"), ("PORT", "abc")])
def test_a_variable_that_fabric_cannot_use_is_a_mistake(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"FABRIC_{name}", value)
    with pytest.raises(UsageError, match=r"abc|-1"):
        judge_settings(Config(ssh_config=SSHConfig()))  # type: ignore[no-untyped-call]


def settings(timeout: object = None, connect: object = None) -> Config:
    """Of Fabric, as `fab -t` and a file change them."""
    overrides = {"connect_kwargs": {"timeout": timeout}, "timeouts": {"connect": connect}}
    return Config(ssh_config=SSHConfig(), overrides=overrides)  # type: ignore[no-untyped-call]


@given(st.text(max_size=80))
def test_whatever_follows_H_is_a_name_to_look_up_or_refused(name: str) -> None:
    try:
        judge([name])
    except UsageError:
        return
    assert not set(name) & set("@:/")


def test_ctrl_c_between_two_verbs_is_130_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def pressed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Executor, "execute", pressed)
    with pytest.raises(Exit) as caught:
        Named.execute(Named.__new__(Named))
    assert caught.value.code == 130
    assert capsys.readouterr().err == "interrupted\n"
