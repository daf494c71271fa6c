"""Off a terminal: results on stdout, progress on stderr, one line an event, nothing that moves a cursor, and no secret."""

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.fab import Ran, Site, finish

Make = Callable[..., Site]
EVENT = re.compile(r"\d\d:\d\d:\d\dZ \S")
SECRETS = ("seven-otters-in-a-row", "tok-1234567890", 'quo"ted-secret', "zweite-Zeile-ü")
ENV_LOCAL = f"APP_SECRET={SECRETS[0]}\nQUOTED='{SECRETS[2]}'\nSHORT=abc\n"
CREDENTIALS = json.dumps({"account": "theatre-account", "deep": [{"token": SECRETS[1]}, f"erste\n{SECRETS[3]}"]})
HOST = {"address", "live", "previous", "releases", "post_release_pending", "lock", "hold"}
RELEASE = {"name", "ref", "commit", "by", "built_at", "released_at", "state", "why"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture(scope="module")
def site(make: Make) -> Site:
    """One release that is live, one that is only built."""
    site = make()
    site.deploy("v1.0")
    site.fab("build", "--ref", "master")
    return site


@pytest.mark.parametrize("verb", ["status", "releases"])
def test_json_has_the_keys_of_the_contract(site: Site, verb: str) -> None:
    document = site.json(verb)
    assert set(document) == {"environment", "hosts"}
    (host,) = document["hosts"]
    assert set(host) == (HOST if verb == "status" else {"address", "releases"})
    assert host.get("live", host["releases"][1]) == host["releases"][1]
    built, live = host["releases"]
    assert set(built) == set(live) == RELEASE
    assert (built["ref"], built["state"], built["released_at"]) == ("master", "good", None)
    assert (live["ref"], live["state"]) == ("v1.0", "live")
    assert all(TIME.fullmatch(at) for at in (built["built_at"], live["built_at"], live["released_at"]))
    assert re.fullmatch("[0-9a-f]{40}", live["commit"])
    if verb == "status":
        assert (host["previous"], host["lock"], host["hold"], host["post_release_pending"]) == (None, None, None, False)


def test_json_of_a_host_without_a_release(make: Make) -> None:
    host = make().host
    assert (host["live"], host["previous"], host["releases"]) == (None, None, [])


def test_json_of_a_hold(make: Make) -> None:
    site = make()
    site.fab("hold", "--reason", "stocktaking")
    hold = site.host["hold"]
    assert set(hold) == {"by", "reason", "since"}
    assert hold["reason"] == "stocktaking"
    assert TIME.fullmatch(hold["since"])


def test_json_of_history_is_a_list_of_events(site: Site) -> None:
    history = site.json("history")
    assert [entry["event"] for entry in history] == ["begin", "sealed", "intent", "done", "post-release", "begin", "sealed"]
    assert all({"at", "event", "run", "by", "verb"} <= set(entry) for entry in history)


def test_result_is_on_stdout_and_progress_on_stderr(make: Make) -> None:
    site = make()
    ran = site.fab("deploy", "--ref", "v1.0")
    assert f"{site.live} is live" in ran.out
    assert "bootstrap" not in ran.out
    assert all(EVENT.match(line) for line in ran.err.splitlines())


def test_each_event_has_one_line_and_none_moves_a_cursor(make: Make) -> None:
    noise = "printf '\\033[31mred\\033[0m\\r50%%\\r100%%\\n\\033]0;title\\007\\a\\b'; exit 1"
    ran = make(apps={"web": {"bootstrap": [noise]}}).fab("deploy", "--ref", "v1.0", code=3)
    assert [c for c in ran.said if not (c.isprintable() or c == "\n")] == []
    assert "100%" in ran.err
    assert len([line for line in ran.err.splitlines() if "worktree" in line]) == 1


def test_failing_command_shows_its_tail_and_not_its_whole_output(make: Make) -> None:
    ran = make(apps={"web": {"bootstrap": ["seq -f 'line %g' 500; false"]}}).fab("build", "--ref", "master", code=3)
    assert "web | line 500" in ran.err
    assert "line 400" not in ran.err


@pytest.fixture
def telling(make: Make) -> tuple[Site, Ran, set[str]]:
    """A deploy whose commands print all secrets, and fail in the end; what it said, and every argument of any process."""
    tell = "cat .env.local credentials.json >&2; cat credentials.json; . ./.env.local; echo $APP_SECRET; sleep 0.3"
    site = make(
        runtime_files=[".env.local", "credentials.json"],
        apps={"web": {"bootstrap": [tell]}},
        publish=[tell],
        verify=[f"{tell}; exit 1"],
    )
    runtime = site.home / "runtime" / site.link.name
    (runtime / ".env.local").write_text(ENV_LOCAL)
    (runtime / "credentials.json").write_text(CREDENTIALS)
    seen: set[str] = set()
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(seen, over))
    watcher.start()
    ran = finish(site.start("deploy", "--ref", "master"), 3)
    over.set()
    watcher.join()
    return site, ran, seen


def _watch(seen: set[str], over: threading.Event) -> None:
    while not over.wait(0.03):
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen.add(file.read_bytes().decode("utf-8", "replace"))
            except OSError:
                continue


def test_secrets_are_neither_shown_nor_logged_nor_in_an_argument(telling: tuple[Site, Ran, set[str]]) -> None:
    site, ran, seen = telling
    written = [site.log(file.stem) for file in (site.state / "logs").iterdir()]
    places = {"screen": ran.said, "logs": "\n".join(written), "history": site.fab("history", "--json").out}
    places |= {"verb logs": site.fab("logs").out, "arguments": "\n".join(seen)}
    places |= {"jobs": "\n".join(file.read_text() for file in (site.state / "jobs").glob("*/*"))}
    found = [(place, secret) for place, text in places.items() for secret in SECRETS if secret in text]
    assert found == []
    assert "****" in places["logs"]
    assert "SHORT=abc" in places["logs"], "what is too short to be a secret is shown"
    assert any(".env.local" in arguments for arguments in seen), "the watcher has seen the command run"


def test_seal_holds_no_secret(make: Make) -> None:
    site = make(runtime_files=[".env.local"], apps={"web": {"bootstrap": ["cat .env.local"]}})
    (site.home / "runtime" / site.link.name / ".env.local").write_text(ENV_LOCAL)
    site.deploy()
    seal = (site.home / "releases" / site.live / "release.json").read_text()
    assert json.loads(seal)["name"] == site.live
    assert SECRETS[0] not in seal
