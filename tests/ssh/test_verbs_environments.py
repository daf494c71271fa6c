"""Several environments on one host, and workstations of every kind."""

import contextlib
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tasks.sandbox.world import Sandbox
from tests.support.checked import shown
from tests.support.fab import Site, finish, quick
from tests.support.snapshot import settled

Make = Callable[..., Site]


@pytest.fixture
def pair(make: Make) -> tuple[Site, Site]:
    """`source` and `source-preprod`: the name of one begins the names of the other."""
    both = make(setup=False), make(setup=False)
    both[0].write(live_link=both[0].link.name, keep_releases=1)
    both[1].write(live_link=f"{both[0].link.name}-preprod", keep_releases=1)
    for site in both:
        site.fab("setup")
    return both


def test_environments_of_one_host_do_not_touch_each_other(pair: tuple[Site, Site]) -> None:
    prod, preprod = pair
    preprod.deploy("v1.0")
    before = settled(preprod.state), preprod.live, preprod.names
    for _ in range(2):
        prod.deploy("master")
    prod.fab("rollback")
    prod.fab("prune")
    prod.fab("hold", "--reason", "prod only")
    assert (settled(preprod.state), preprod.live, preprod.names) == before
    assert preprod.host["hold"] is None
    assert set(prod.states) == set(prod.names)


def test_environments_of_one_host_share_the_repository(pair: tuple[Site, Site]) -> None:
    prod, preprod = pair
    prod.deploy()
    preprod.deploy()
    assert (prod.home / "builds/repo.git/HEAD").exists()
    assert not list(prod.state.glob("repo.git"))
    assert not list(preprod.state.glob("repo.git"))


def test_environments_of_one_host_are_released_at_the_same_time(pair: tuple[Site, Site]) -> None:
    """Each build waits for the other to be under way."""
    meet = "touch ~/met-{}; until [ -e ~/met-{} ]; do sleep 0.05; done"
    prod, preprod = pair
    prod.write(apps={"web": {"bootstrap": [meet.format("prod", "preprod")]}})
    preprod.write(apps={"web": {"bootstrap": [meet.format("preprod", "prod")]}})
    running = [site.start("deploy", "--ref", "master") for site in pair]
    for process in running:
        finish(process, 0)
    assert prod.live == prod.names[-1]
    assert preprod.live == preprod.names[-1]


@contextlib.contextmanager
def deaf_agent(path: Path) -> Iterator[str]:
    """An agent that takes every call and never says a word."""
    calls: list[socket.socket] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def answer() -> None:
            with contextlib.suppress(OSError):
                while True:
                    calls.append(listener.accept()[0])

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield str(path)
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for call in calls:
                call.close()


def test_agent_that_never_answers_holds_nothing_up(make: Make, tmp_path: Path) -> None:
    site = make()
    with deaf_agent(tmp_path / "agent") as path:
        site.fab("status", SSH_AUTH_SOCK=path)
        site.write(identity_file=None)
        said = site.fab("status", code=7, SSH_AUTH_SOCK=path).err
    assert "does not answer" in said


def test_agent_that_died_holds_nothing_up(make: Make, tmp_path: Path) -> None:
    site = make()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "agent"))
    site.fab("status", SSH_AUTH_SOCK=str(tmp_path / "agent"))


@pytest.mark.parametrize("home", ["", "/nonexistent"], ids=["empty", "not there"])
def test_home_of_the_workstation_is_not_needed_and_not_made(make: Make, home: str) -> None:
    make().fab("status", HOME=home)
    assert not Path(home or "/.cache").exists()


@pytest.fixture
def alias(sandbox: Sandbox, tmp_path: Path) -> tuple[Site, Path]:
    """A site whose address is an alias of an ssh_config, which alone knows port, key and known_hosts."""
    site = quick(sandbox, tmp_path, live_link="by-alias", address="the-site")
    site.write(port=None, identity_file=None, known_hosts_file=None)
    known_hosts, config = tmp_path / "known_hosts", tmp_path / "ssh_config"
    known_hosts.write_text(sandbox.known_hosts_file.read_text())
    config.write_text(
        f"Host the-site\n  HostName 127.0.0.1\n  Port {sandbox.port}\n"
        f'  IdentityFile "{sandbox.identity_file}"\n  UserKnownHostsFile {known_hosts}\n'
    )
    return site, config


def test_alias_of_an_ssh_config_that_is_named(alias: tuple[Site, Path]) -> None:
    site, config = alias
    site.fab("setup", before=("-S", str(config), "-H", "sandbox"))
    ran = site.fab("status", before=("-S", str(config), "-H", "sandbox"))
    assert "the-site" in ran.out


def test_alias_of_the_users_own_ssh_config(alias: tuple[Site, Path]) -> None:
    site, config = alias
    (site.workstation / ".ssh").mkdir()
    config.rename(site.workstation / ".ssh" / "config")
    site.fab("setup")
    assert site.host["address"] == "the-site"


def test_bytes_of_latin_1_in_an_ssh_config_are_no_traceback(alias: tuple[Site, Path]) -> None:
    site, config = alias
    (site.workstation / ".ssh").mkdir()
    (site.workstation / ".ssh" / "config").write_bytes(b"# caf\xe9\nHost caf\xe9\n  Port 1\n" + config.read_bytes())
    site.fab("setup")
    assert site.host["address"] == "the-site"


def test_without_an_ssh_it_is_read_too(alias: tuple[Site, Path], tmp_path: Path) -> None:
    site, config = alias
    (site.workstation / ".ssh").mkdir()
    config.rename(site.workstation / ".ssh" / "config")
    (tmp_path / "no ssh here").mkdir()
    site.fab("setup", PATH=str(tmp_path / "no ssh here"))
    (line,) = [line for line in shown(site.fab("check", PATH=str(tmp_path / "no ssh here"))).warn if "ssh_config" in line]
    assert line.startswith("this workstation has no ssh")
    assert shutil.which("ssh") is None or not [line for line in shown(site.fab("check")).warn if "ssh_config" in line]
