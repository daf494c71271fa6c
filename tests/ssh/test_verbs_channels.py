"""How a host is spoken to: one connection a user, one program a phase, and just the text that `plan --script` shows."""

import json
import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.counts import WIRE
from tests.support.fab import Site, sessions
from tests.support.link import Link

Make = Callable[..., Site]
SERVICES = [{"run": "true"}]
MUCH = {
    "apps": {f"app {number}": {"bootstrap": ["true"] * 5} for number in range(6)},
    "publish": ["true"] * 10,
    "services": [{"run": f"true {number}"} for number in range(8)],
    "runtime_files": [{"path": f"file-{number}", "optional": True} for number in range(10)],
}


def spoken(site: Site, *words: str) -> Counter[str]:
    """How many connections, logins and sessions a run takes."""
    before = len(sessions(site.sandbox))
    site.fab(*words)
    return Counter(event["event"] for event in sessions(site.sandbox)[before:])


@pytest.fixture(scope="module")
def released_twice(make: Make) -> Site:
    """A site with one service, which two releases were made of: every verb has something to do."""
    site = make(services=SERVICES)
    site.deploy()
    site.deploy("v1.0")
    return site


@pytest.mark.parametrize(
    ("verb", "words", "services"),
    [
        ("status", (), SERVICES),
        ("deploy", ("--ref", "master"), SERVICES),
        ("rollback", (), []),
        ("release", ("--ref", "master"), []),
    ],
)
def test_a_verb_takes_no_more_of_the_network(
    released_twice: Site, verb: str, words: tuple[str, ...], services: list[dict[str, str]]
) -> None:
    site, bound = released_twice, WIRE[verb]
    with Link(site.sandbox.port) as link:
        key = (site.sandbox.folder / "host_key.pub").read_text().strip()
        site.write(port=link.port, host_key=key, services=services)
        took = spoken(site, verb, *words)
    assert 0 < took["connection"] <= bound.connections
    assert 0 < took["session"] <= bound.sessions
    assert 0 < link.sent <= bound.kilobytes_up * 1000


def test_deploy_and_rollback_make_one_connection_a_user(make: Make) -> None:
    site = make(services=SERVICES)
    site.deploy()
    before = len(sessions(site.sandbox))
    deploy = spoken(site, "deploy", "--ref", "v1.0")
    logins = [event["user"] for event in sessions(site.sandbox)[before:] if event["event"] == "auth"]
    assert sorted(logins) == ["ftsuser", "ubuntu"]
    rollback = spoken(site, "rollback")
    assert deploy["connection"] == rollback["connection"] == 2
    assert rollback["session"] <= deploy["session"]


def test_without_services_there_is_one_connection(make: Make) -> None:
    assert spoken(make(), "deploy", "--ref", "v1.0")["connection"] == 1


def test_question_is_one_connection_and_one_program(make: Make) -> None:
    assert spoken(make(services=SERVICES), "status") == {"connection": 1, "auth": 1, "session": 1}


def test_connections_and_channels_do_not_grow_with_the_work(make: Make) -> None:
    little, much = make(services=SERVICES), make(**MUCH)
    assert spoken(much, "deploy", "--ref", "v1.0") == spoken(little, "deploy", "--ref", "v1.0")


@pytest.fixture
def commands(make: Make) -> Iterator[tuple[Site, Path]]:
    """A site whose every kind of value is there, and the file in which its host notes the text of each command."""
    site = make(
        apps={"web": {"bootstrap": ["echo 'a b' \"$HOME\" \\\\ ü"], "drop": ["README.md"]}},
        env={"GREETING": "it's $HOME"},
        path=["~/bin"],
        publish=["true"],
        verify=["true"],
        migrate=["true"],
    )
    log = site.sandbox.folder / "run" / "commands.log"
    log.touch()
    yield site, log
    log.unlink()


def test_plan_script_shows_what_release_sends(commands: tuple[Site, Path]) -> None:
    site, log = commands
    shown = re.split(r"^#### (.+), as (.+)\n", site.fab("plan", "--script").out, flags=re.MULTILINE)[1:]
    assert log.read_text() == "", "nobody was asked"
    site.fab("release", "--ref", "v1.0")
    sent = [json.loads(line) for line in log.read_text().splitlines()]
    programs = [(entry["user"], shlex.split(entry["command"])) for entry in sent]
    assert all(words[:-1] == ["bash", "--norc", "--noprofile", "-p", "-c"] for _, words in programs)
    assert [_said(words[-1]) for _, words in programs] == [_said(text) for text in shown[2::3]]
    assert [user for user, _ in programs] == shown[1::3]
    assert shown[::3] == ["lock", "build", "migrate", "cutover", "prune"]


def _said(program: str) -> tuple[list[str], str]:
    """The names of a program's run values, and all of its text but these values."""
    first, phase, rest = re.split(r"^PHASE=(\S+)\n", program, maxsplit=1, flags=re.MULTILINE)
    more, version, rest = re.split(r"^(TOOL_VERSION=\S+)\n", rest, maxsplit=1, flags=re.MULTILINE)
    names = re.findall(r"^([A-Z_]+)=.*\n", first + more, flags=re.MULTILINE)
    return names, "\n".join([phase, version, rest.rstrip("\n")])


def test_plan_script_shows_no_value_of_a_run(make: Make) -> None:
    script = make(setup=False).fab("plan", "--script").out
    assert "NONCE='<nonce>'" in script
    assert "RELEASE_NAME='<release>'" in script
