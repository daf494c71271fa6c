"""How a host is spoken to: one connection and one program a user, and just the requests that `plan --steps` shows."""

import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.counts import WIRE
from tests.support.fab import Site, sessions
from tests.support.host_python import overhear
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
        site.fab(verb, *words)
        first = link.sent
        site.deploy()
        before = link.sent
        took = spoken(site, verb, *words)
    assert 0 < took["connection"] <= bound.connections
    assert 0 < took["session"] <= bound.sessions
    assert 0 < first <= bound.kilobytes_first * 1000
    assert 0 < link.sent - before <= bound.kilobytes_up * 1000


def test_deploy_and_rollback_make_one_connection_a_user(make: Make) -> None:
    site = make(services=SERVICES)
    site.deploy()
    before = len(sessions(site.sandbox))
    deploy = spoken(site, "deploy", "--ref", "v1.0")
    logins = [event["user"] for event in sessions(site.sandbox)[before:] if event["event"] == "auth"]
    assert sorted(logins) == ["ftsuser", "ubuntu"]
    rollback = spoken(site, "rollback")
    assert deploy == rollback == {"connection": 2, "auth": 2, "session": 2}


def test_without_services_there_is_one_connection_and_one_program(make: Make) -> None:
    assert spoken(make(), "deploy", "--ref", "v1.0") == {"connection": 1, "auth": 1, "session": 1}


def test_question_is_one_connection_and_one_program(make: Make) -> None:
    assert spoken(make(services=SERVICES), "status") == {"connection": 1, "auth": 1, "session": 1}


def test_connections_and_channels_do_not_grow_with_the_work(make: Make) -> None:
    little, much = make(services=SERVICES), make(**MUCH)
    assert spoken(much, "deploy", "--ref", "v1.0") == spoken(little, "deploy", "--ref", "v1.0")


@pytest.fixture
def every_kind(make: Make) -> Iterator[tuple[Site, Path]]:
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
    (site.sandbox.folder / "run" / "path").unlink(missing_ok=True)


def test_plan_steps_shows_what_release_sends(every_kind: tuple[Site, Path]) -> None:
    site, log = every_kind
    heard = overhear(site)
    shown = json.loads(site.fab("plan", "--steps", "--json").out)["requests"]
    assert log.read_text() == "", "nobody was asked"
    site.fab("release", "--ref", "v1.0")
    (program,) = [json.loads(line) for line in log.read_text().splitlines()]
    assert program["user"] == "ftsuser"
    sent = requests(program["command"], heard.read_bytes())
    assert [known(request) for request in sent] == [known(entry["request"]) for entry in shown]
    assert {entry["user"] for entry in shown} == {"ftsuser"}
    assert [request["phase"] for request in sent] == ["lock", "build", "migrate", "cutover", "prune"]


def requests(command: str, heard: bytes) -> list[dict[str, Any]]:
    """The requests of a conversation: they follow the program, whose length the command names, and the word.

    Each names the length of the modules that follow it.
    """
    sent, found = io.BytesIO(heard[int(command.split()[-2]) :]), []
    sent.readline()
    while line := sent.readline():
        if line.strip():
            found.append(json.loads(line))
            sent.read(found[-1].get("modules", 0))
    return found


def known(request: dict[str, Any]) -> dict[str, Any]:
    """All of a request that is known before a run, and the names of its run values."""
    run_values = {key: sorted(request[key]) for key in ("who", "about")}
    return {**{key: value for key, value in request.items() if key not in ("modules", "after")}, **run_values}


def test_command_line_holds_nothing_but_the_bootstrap(every_kind: tuple[Site, Path]) -> None:
    """Everybody on the host can read it in /proc."""
    site, log = every_kind
    site.fab("status")
    (command,) = [json.loads(line)["command"] for line in log.read_text().splitlines()]
    assert re.fullmatch(r"""exec python3 -I -S -c "import [^"\\!$`]*" \d+ [0-9a-f]{64}""", command)


def test_plan_steps_shows_no_value_of_a_run(make: Make) -> None:
    (first, *_) = json.loads(make(setup=False).fab("plan", "--steps", "--json").out)["requests"]
    assert first["request"]["who"]["id"] == "<run id>"
    assert first["request"]["about"]["release"] == "<release>"
