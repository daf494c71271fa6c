"""What `ssh -G` prints, and what is made of it; ssh itself is asked in tests/host."""

import os
import pwd
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tasks.remote.jump import Jump
from tasks.remote.openssh import Files, OpenSsh, apart
from tasks.remote.settings import Settings

PLAIN = "hostname 10.0.0.1\nport 22\nuser ftsuser\nidentityfile /dev/null/none\nglobalknownhostsfile none\n"
Ask = Callable[..., Settings]


class Ssh:
    """Prints this, and notes how it was started."""

    def __init__(self, *answers: tuple[int | None, str, str]) -> None:
        self.answers, self.started = list(answers), list[list[str]]()

    def __call__(self, words: Sequence[str], seconds: float) -> tuple[int | None, str, str]:  # noqa: ARG002
        self.started.append(list(words))
        if words[3] == "-F" and Path(words[4]).is_file():
            self.read = Path(words[4]).read_text()
        return self.answers.pop(0)


def ask(printed: str, jump: Jump = Jump("web1", "ftsuser"), files: Files = Files()) -> Settings:  # noqa: B008 values
    return OpenSsh("ssh", files, run=Ssh((0, PLAIN + printed, "")))(jump)


def test_user_port_and_name_are_asked_as_they_are_used() -> None:
    ssh = Ssh((0, PLAIN, ""))
    OpenSsh("ssh", Files(named=Path("/a file")), run=ssh)(Jump("web1", "ftsuser", 2222))
    usual = ["-o", "IdentityFile=/dev/null/none", "-l", "ftsuser", "-p", "2222", "--", "web1"]
    assert ssh.started == [["ssh", "-G", "-T", "-F", "/a file", *usual]]


def test_a_home_that_is_not_the_one_in_passwd_has_its_own_files_read(empty_home: Path) -> None:
    ssh, config = Ssh((0, PLAIN, "")), empty_home / ".ssh/config"
    config.parent.mkdir()
    config.write_text("")
    OpenSsh("ssh", Files(usual=(Path("~/.ssh/config"), Path("/nonexistent"))), run=ssh)(Jump("web1"))
    assert ssh.read == f'Include "{config}"\n'


def test_the_home_in_passwd_is_left_to_ssh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", pwd.getpwuid(os.getuid()).pw_dir)
    ssh = Ssh((0, PLAIN, ""))
    OpenSsh("ssh", Files(usual=(Path("~/.ssh/config"), Path("/etc/ssh/ssh_config"))), run=ssh)(Jump("web1"))
    assert "-F" not in ssh.started[0]


def test_what_ssh_has_expanded_lies_below_this_home(empty_home: Path) -> None:
    home = pwd.getpwuid(os.getuid()).pw_dir
    found = ask(f"userknownhostsfile {home}/.ssh/known_hosts /etc/known\nidentityagent {home}/agent\n")
    assert (found.known_hosts, found.agent) == ((f"{empty_home}/.ssh/known_hosts", "/etc/known"), f"{empty_home}/agent")


@pytest.mark.parametrize(
    ("printed", "paths"),
    [
        ("/a /b", ["/a", "/b"]),
        ("/a b c /d", ["/a b c", "/d"]),
        ("~/a b", ["~/a b"]),
        ("a b", ["a", "b"]),
        ("none", ["none"]),
        ("", []),
    ],
)
def test_paths_whose_quotes_are_lost_are_told_apart_by_how_they_begin(printed: str, paths: list[str]) -> None:
    assert apart(printed) == paths


def test_an_identity_is_expanded_here(empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHERE", "keys")
    found = ask("identityfile ~/${WHERE}/%n-%h-%r-%p%%\ncertificatefile %d/c\nidentityfile /a b\n")
    assert found.identities == (f"{empty_home}/keys/web1-10.0.0.1-ftsuser-22%", "/a b")
    assert found.certificates == (f"{empty_home}/c",)


def test_no_identity_is_told_from_the_usual_ones() -> None:
    assert ask("").identities is None
    assert ask("identityfile none\n").identities == ()


def test_a_proxy_command_is_given_its_tokens_and_keeps_its_variables() -> None:
    assert ask("proxycommand exec tunnel %n %h %p %r %k ${X} 100%%\n").proxy_command == (
        "exec tunnel web1 10.0.0.1 22 ftsuser web1 ${X} 100%"
    )


def test_jumps_are_one_line() -> None:
    assert ask("proxyjump me@a:2200,[::1]:22,b\n").jumps == "me@a:2200,[::1]:22,b"


@pytest.mark.parametrize("line", ["identityfile ~/%x\n", "identityfile ~/${NOT_THERE}\n", "proxycommand a %u\n"])
def test_a_token_that_means_nothing_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match=r"no token of it|the environment has no NOT_THERE"):
        ask(line)


def test_an_ssh_that_refuses_is_quoted() -> None:
    ssh = Ssh((255, "", "config: line 2: Bad configuration option: bad\r\nconfig: terminating\r\n"))
    with pytest.raises(ValueError, match=r"line 2: Bad configuration option: bad\nconfig: terminating$"):
        OpenSsh("ssh", Files(), run=ssh)(Jump("web1"))


def test_an_ssh_that_waits_is_given_up() -> None:
    with pytest.raises(ValueError, match="did not end within 10 s"):
        OpenSsh("ssh", Files(), run=Ssh((None, "", "")))(Jump("web1"))


def test_a_server_that_would_be_reached_over_itself_is_asked_for_once_more_without() -> None:
    ssh = Ssh((255, "", "jumphost loop via b\r\n"), (0, PLAIN, ""))
    assert OpenSsh("ssh", Files(), run=ssh)(Jump("b")).jumps is None
    assert "ProxyCommand=none" in ssh.started[1]


def test_bytes_that_are_not_utf_8_are_kept() -> None:
    assert ask("hostkeyalias caf\udce9\n").alias == "caf\udce9"
