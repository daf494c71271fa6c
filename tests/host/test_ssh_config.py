"""ssh_config read by the machine's ssh, and by Paramiko where there is none: the same hops where both can read it."""

import os
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import paramiko
import pytest
from fabric.config import Config
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from tasks.errors import Unreachable, UsageError
from tasks.remote.openssh import Files, OpenSsh
from tasks.remote.reading import reader
from tasks.remote.route import Hop, route
from tasks.remote.settings import Read
from tasks.remote.without_ssh import Paramiko


@pytest.fixture(autouse=True)
def home(empty_home: Path) -> Path:
    """A home with keys, and an ssh to ask; a machine without one fails, as a skipped test keeps no promise."""
    assert shutil.which("ssh"), "an ssh client is needed: apt-get install openssh-client"
    (empty_home / ".ssh").mkdir()
    for name in (".ssh/id_rsa", ".ssh/id_ed25519", "a", "b c", "ftsuser-web1"):
        (empty_home / name).write_text("")
    return empty_home


def written(home: Path, text: str | bytes) -> Path:
    path = home / ".ssh/config"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o600)
    return path


def hops(read: Read | None, port: int = 22, **fabric: Any) -> tuple[Hop, ...]:
    config = Config(ssh_config=paramiko.SSHConfig(), system_ssh_path=os.devnull, **fabric)  # type: ignore[no-untyped-call]
    environment = SimpleNamespace(port=port, identity_file=None, known_hosts_file=None, host_key=None)
    return route(environment, "web1", "ftsuser", config, read)  # type: ignore[arg-type]


def both(home: Path, text: str, port: int = 22, *, refused: bool = False) -> list[tuple[Hop, ...] | str]:
    """What ssh and what Paramiko make of it; with `refused`, a circle of jumps is an answer too."""
    path, found = written(home, text), list[tuple[Hop, ...] | str]()
    for read in (OpenSsh(str(shutil.which("ssh")), Files(usual=(path,))), Paramiko.of([path])):
        try:
            found.append(hops(read, port))
        except Unreachable as circle:
            if not refused or "circle" not in circle.what:
                raise
            found.append("a circle")
    return found


SAME = [
    "",
    "User somebody\nPort 2200\n",
    "Host web1\n  HostName Web1.Example.com\n  HostKeyAlias site\n",
    "Host web*\n  HostName %h.example.com\nHost !web1 *\n  Port 1\n",
    "IdentityFile ~/a\nIdentityFile ~/missing\nIdentityFile ~/%r-%n\n",
    "IdentityFile %d/a\nIdentitiesOnly yes\nIdentityAgent none\n",
    "IdentityFile none\n",
    'IdentityFile "~/b c"\nCertificateFile ~/%u-cert.pub\n',
    "IdentityAgent $ELSEWHERE\n",
    "IdentityAgent SSH_AUTH_SOCK\n",
    "IdentityAgent ~/%n.agent\n",
    'UserKnownHostsFile ~/a "~/b c"\nGlobalKnownHostsFile none\n',
    'UserKnownHostsFile "~/b c"\n',
    "UserKnownHostsFile none\nGlobalKnownHostsFile /etc/known /etc/known2\n",
    "UserKnownHostsFile ~/.ssh/%h.%p\n",
    "ConnectTimeout 7\n",
    "ProxyCommand nc -X %n %h %p %r %% ${HOME}\n",
    "ProxyCommand none\nProxyJump b\n",
    "ProxyJump none\nProxyCommand x\n",
    "ProxyCommand x\nProxyJump b\n",
    "Host web1\n  ProxyJump b\n  ProxyCommand x\n",
    "Host web1\n  ProxyJump me@a:2200,[::1],c\nHost a\n  ProxyJump z\nHost c\n  ProxyJump y\n",
    "Host b\n  HostName 10.0.0.1\nHost *\n  ProxyJump b\n",
    "Host *\n  ProxyJump b\n",
    "Match user ftsuser\n  HostName 10.0.0.1\n",
    "Match final host web1\n  Port 2201\n",
    "KnownHostsCommand /bin/echo %H %K %n\n",
    "BindAddress 127.0.0.5\nAddressFamily inet\n",
    "Host web1\n  BindInterface lo\nHost *\n  AddressFamily INET6\n",
]


@pytest.mark.parametrize("text", SAME, ids=range(len(SAME)))
@pytest.mark.parametrize("port", [22, 2222])
def test_ssh_and_paramiko_come_to_the_same_hops(home: Path, text: str, port: int) -> None:
    by_ssh, by_paramiko = both(home, text, port=port)
    assert by_ssh == by_paramiko


NAMES = st.sampled_from(["web1", "b", "c", "10.0.0.7", "web1.example.com"])
KEYWORDS = st.one_of(
    st.builds("HostName {}".format, NAMES),
    st.builds("Port {}".format, st.integers(1, 65535)),
    st.builds("User {}".format, st.sampled_from(["ubuntu", "me", "ftsuser"])),
    st.builds("HostKeyAlias {}".format, NAMES),
    st.builds("ProxyCommand nc %{} %p".format, st.sampled_from("hnr")),
    st.builds("IdentityFile ~/{}".format, st.sampled_from(["a", ".ssh/id_rsa", "missing", "%r-%n", "x%%"])),
    st.builds("IdentitiesOnly {}".format, st.sampled_from(["yes", "no"])),
    st.builds("IdentityAgent {}".format, st.sampled_from(["none", "~/agent", "SSH_AUTH_SOCK"])),
    st.builds("UserKnownHostsFile {}".format, st.sampled_from(["~/known", "none", "~/x ~/y", "/k/%n"])),
    st.builds("ConnectTimeout {}".format, st.integers(1, 99)),
    st.builds("BindAddress {}".format, st.sampled_from(["127.0.0.5", "::1"])),
    st.builds("AddressFamily {}".format, st.sampled_from(["any", "inet", "inet6"])),
)
CRITERIA = st.one_of(
    st.builds("Host {}".format, st.sampled_from(["*", "web*", "b c", "!web1 *", "10.0.0.?"])),
    st.builds("Match user {}".format, st.sampled_from(["ftsuser", "me,root"])),
    st.builds("Match originalhost {}".format, NAMES),
)
JUMPS = st.sampled_from(["", "b", "c", "me@b:2200,c", "c,[::1]", "10.0.0.7"])
BLOCKS = st.lists(st.tuples(CRITERIA, st.lists(KEYWORDS, min_size=1, max_size=4)), max_size=5)


@settings(max_examples=100, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JUMPS, BLOCKS)
@example("b", [("Host web*", ["HostName b"]), ("Host *", ["HostName web1"])])
def test_whatever_is_in_it_ssh_and_paramiko_agree(home: Path, jumps: str, blocks: list[tuple[str, list[str]]]) -> None:
    """The same examples each time: Paramiko lets `Match user` see a User that comes later, which ssh does not."""
    text = f"Host web1\n  ProxyJump {jumps}\n" if jumps else ""
    text += "".join(f"{line}\n" for criterion, lines in blocks for line in (criterion, *lines))
    words = ["ssh", "-G", "-F", str(written(home, text)), "-l", "ftsuser", "web1"]
    asked = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assume("jumphost loop" not in asked.stderr)  # ssh itself goes nowhere with it
    by_ssh, by_paramiko = both(home, text, refused=True)
    assert by_ssh == by_paramiko


def read_by_ssh(home: Path, text: str | bytes, **fabric: Any) -> Hop:
    """The only hop of what `fab` would read."""
    written(home, text)
    (hop,) = hops(None, **fabric)
    return hop


def test_what_an_include_names_is_read(home: Path) -> None:
    (home / "more").mkdir()
    (home / "more/one").write_text("Host web1\n  Port 2201\n")
    (home / "more/one").chmod(0o600)
    assert read_by_ssh(home, f"Include {home}/more/*\n").port == 2201


def test_a_comment_at_the_end_of_a_line_is_none_of_its_value(home: Path) -> None:
    assert read_by_ssh(home, "HostName 10.0.0.1 # the first one\n").host == "10.0.0.1"


def test_every_kind_of_match_is_understood(home: Path) -> None:
    text = "Match exec true\n  Port 2200\nMatch final\n  User x\n  HostKeyAlias site\n"
    hop = read_by_ssh(home, text)
    assert (hop.port, hop.known_as) == (2200, ("site",))


def test_bytes_of_latin_1_do_not_disturb(home: Path) -> None:
    assert read_by_ssh(home, b"# caf\xe9\nHost web1\n  Port 2200\nHost caf\xe9\n").port == 2200
    assert hops(Paramiko.of([home / ".ssh/config"]))[0].port == 2200


def test_a_mistake_is_reported_in_the_words_of_ssh(home: Path) -> None:
    with pytest.raises(Unreachable, match="config: line 2: Bad configuration option: prot") as caught:
        read_by_ssh(home, "Host web1\n  Prot 22\n")
    assert caught.value.code == 7


def test_a_match_that_waits_is_given_up_and_ended(home: Path, tmp_path: Path) -> None:
    path = written(home, f'Match exec "echo $PPID > {tmp_path}/pid; exec sleep 600"\n')
    ssh = shutil.which("ssh")
    assert ssh
    with pytest.raises(Unreachable, match=r"did not end within 0\.5 s"):
        hops(OpenSsh(ssh, Files(named=path), seconds=0.5))
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


def test_the_file_of_fab_S_is_the_only_one(home: Path, tmp_path: Path) -> None:
    written(home, "Port 2200\n")
    (tmp_path / "mine").write_text("User me\n")
    assert read_by_ssh(home, "Port 2200\n", runtime_ssh_path=str(tmp_path / "mine")).port == 22


def test_a_file_of_fab_S_that_is_missing_is_wrong_usage(tmp_path: Path) -> None:
    config = Config(ssh_config=paramiko.SSHConfig())  # type: ignore[no-untyped-call]
    config._set(_runtime_ssh_path=str(tmp_path / "missing"))
    with pytest.raises(UsageError, match="missing does not exist"):
        reader(config)


@pytest.mark.parametrize("name", ["/dev/null", "none"])
def test_an_ssh_config_that_is_none_is_taken_as_ssh_takes_it(home: Path, name: str) -> None:
    written(home, "Host *\n  Port 2200\n")
    (found,) = hops(None, runtime_ssh_path=name)
    assert (found.port, found.by_hand[:3]) == (22, ("ssh", "-F", name))


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "-S is empty"), ("/dev", "is a directory"), ("/dev/zero", "is not a file"), ("~nobody-here/x", "does not exist")],
)
def test_an_ssh_config_that_cannot_be_read_is_said_as_it_is(name: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        hops(None, runtime_ssh_path=name)
