"""Two at once: of those who start together one wins, the others are told who, and nobody sees or leaves half a thing."""

import json
import re
from collections.abc import Callable, Iterator

import pytest

from tests.support.fab import PATIENCE, Site, finish, push, until
from tests.support.forked import Forked

Make = Callable[..., Site]
MOVES = ("intent", "done", "restored", "post-release")
WAITS = "touch ~/{0}; until [ -e ~/{0}.go ]; do sleep 0.05; done"


class Paused:
    """A step of a site's build that waits on the host until it is let go."""

    def __init__(self, site: Site, name: str) -> None:
        self.command = WAITS.format(name)
        self.at, self.go = site.home / name, site.home / f"{name}.go"

    def reached(self, running: Forked) -> None:
        until(self.at.exists, running)


@pytest.fixture(scope="module")
def two(make: Make) -> Site:
    """A site with two releases, the newer live."""
    site = make(keep_releases=50)
    site.deploy("v1.0")
    site.deploy("master")
    return site


@pytest.fixture
def site(two: Site) -> Iterator[Site]:
    """That site, idle and with a release to go back to. Its hosts.yml is its own again afterwards."""
    if not two.host["previous"]:
        two.deploy("master")
    keys = dict(two.keys)
    yield two
    until(lambda: not two.locked)
    two.write(**keys)


@pytest.fixture
def paused(site: Site) -> Iterator[Paused]:
    """The next build waits in its bootstrap."""
    paused = Paused(site, f"paused-{site.link.name}")
    site.write(apps={"web": {"bootstrap": [paused.command]}})
    yield paused
    paused.go.touch()
    until(lambda: not site.locked)
    for file in (paused.at, paused.go):
        file.unlink(missing_ok=True)


def consistent(site: Site) -> None:
    """What is live is sealed and in history, and nothing is locked or half done."""
    assert (site.link / "release.json").is_file()
    for name in site.names:
        assert (site.home / "releases" / name / "release.json").is_file()
    done = [entry for entry in site.json("history") if entry["event"] == "done"]
    assert done[-1]["name"] == site.live
    until(lambda: not site.locked)
    assert [path.name for path in site.state.iterdir() if path.name.startswith(site.link.name)] == []


@pytest.mark.parametrize("verbs", [("deploy", "deploy"), ("deploy", "rollback"), ("rollback", "rollback"), ("build", "prune")])
def test_of_two_that_start_together_each_wins_or_is_told_who_did(site: Site, verbs: tuple[str, str]) -> None:
    """They may also follow one another; what none may do is to wait for ever, or to go on beside the other."""
    words = {"deploy": ("deploy", "--ref", "master"), "build": ("build", "--ref", "master")}
    for _ in range(2):
        before = len(site.json("history"))
        runs = [site.start(*words.get(verb, (verb,))) for verb in verbs]
        ended = [(run.communicate(PATIENCE), run.wait()) for run in runs]
        codes = sorted(code for _, code in ended)
        assert set(codes) <= {0, 3, 6}, ended
        assert codes != [6, 6], ended
        for (_, err), code in ended:
            assert "Traceback" not in err
            assert code != 6 or re.search(r"\S+@\S+ holds the lock: \w[\w-]*.*, since 20\d\d-", err), err
            assert code != 3 or "no good release before" in err or "another release went live since" in err, err
        passed = verbs == ("deploy", "rollback")  # a rollback passes by a build
        runs_of = [line["run"] for line in site.json("history")[before:] if line["event"] in MOVES or not passed]
        assert runs_of == sorted(runs_of, key=runs_of.index), "their lines are mixed: they were at work side by side"
        consistent(site)


def test_of_many_that_start_together_exactly_one_has_the_lock(site: Site, paused: Paused) -> None:
    before = site.names
    runs = [site.start("build", "--ref", "master") for _ in range(5)]
    until(lambda: sum(run.poll() is not None for run in runs) == 4)
    (winner,) = [run for run in runs if run.poll() is None]
    until(paused.at.exists, winner)
    for loser in runs:
        if loser is not winner:
            assert "holds the lock: build master, since 20" in finish(loser, 6).err
    paused.go.touch()
    finish(winner, 0)
    assert site.names == [*before, site.names[-1]]


def test_one_that_may_wait_comes_after_the_other(site: Site, paused: Paused) -> None:
    first = site.start("deploy", "--ref", "v1.0")
    paused.reached(first)
    second = site.start("deploy", "--ref", "master", "--wait", str(PATIENCE))
    paused.go.touch()
    finish(first, 0)
    finish(second, 0)
    assert [entry["ref"] for entry in site.json("releases")["hosts"][0]["releases"]][:2] == ["master", "v1.0"]
    consistent(site)


def test_nothing_but_a_rollback_comes_between_a_build_and_its_cutover(site: Site, paused: Paused) -> None:
    running = site.start("deploy", "--ref", "master")
    paused.reached(running)
    live = site.live
    for words in (("prune",), ("post-release",), ("release", "--name", site.names[0]), ("setup",)):
        assert "holds the lock: deploy master" in site.fab(*words, code=6).err
    assert site.live == live
    paused.go.touch()
    finish(running, 0)
    assert site.live == site.names[-1] != live
    assert site.host["previous"] == live
    consistent(site)


def test_what_was_resolved_is_what_goes_live_though_the_branch_moves_meanwhile(site: Site, paused: Paused) -> None:
    branch = f"moves-{site.link.name}"
    resolved = push(site.sandbox, branch, {"said": "first\n"})
    running = site.start("deploy", "--ref", branch)
    paused.reached(running)
    push(site.sandbox, branch, {"said": "second\n"})
    paused.go.touch()
    finish(running, 0)
    assert (site.link / "said").read_text() == "first\n"
    assert site.host["live"]["commit"] == resolved


def test_a_link_that_somebody_moves_during_a_build_stays_where_they_put_it(site: Site, paused: Paused) -> None:
    older, live = site.host["previous"], site.live
    running = site.start("deploy", "--ref", "master")
    paused.reached(running)
    by_hand = site.home / "by hand"
    by_hand.symlink_to(site.home / "releases" / older)
    by_hand.rename(site.link)
    paused.go.touch()
    said = finish(running, 3).err
    built = site.names[-1]
    assert f"{older}, and it was {live} when this run began" in said
    assert f"fab -H sandbox deploy --name {built}" in said
    assert site.live == older
    assert site.states[built] == "good"
    site.fab("release", "--name", built)
    assert site.live == built
    assert site.host["previous"] == older


def test_environments_of_one_host_are_deployed_side_by_side(site: Site, paused: Paused, make: Make) -> None:
    other = make()
    running = site.start("deploy", "--ref", "master")
    paused.reached(running)
    live = other.deploy()
    assert other.live == live
    assert running.poll() is None
    paused.go.touch()
    finish(running, 0)
    for each in (site, other):
        consistent(each)


def test_environments_that_start_together_share_one_repository(make: Make) -> None:
    sites = [make() for _ in range(3)]
    for turn in range(2):
        push(sites[0].sandbox, f"turn-{turn}", {"turn": f"{turn}\n"})
        for run in [site.start("deploy", "--ref", f"turn-{turn}") for site in sites]:
            finish(run, 0)
        assert [(site.link / "turn").read_text() for site in sites] == [f"{turn}\n"] * 3
    for site in sites:
        consistent(site)


READERS = [("status", "--json"), ("releases", "--json"), ("history", "--json"), ("status",), ("plan", "--ref", "master")]


def test_readers_see_whole_things_and_disturb_nobody(site: Site) -> None:
    known = set(site.names)
    running = site.start("deploy", "--ref", "master")
    told: list[str] = []
    while running.poll() is None:
        for words, run in [(words, site.start(*words)) for words in READERS]:
            out = finish(run, 0).out
            told += [out] if words[0] == "status" and "--json" in words else []
    finish(running, 0)
    after = known | {site.live}
    assert told
    for document in told:
        host = json.loads(document)["hosts"][0]
        assert host["live"]["name"] in after
        assert {release["name"] for release in host["releases"]} <= after
        assert all(release["commit"] and release["ref"] for release in host["releases"])
        assert host["lock"] is None or host["lock"]["what"] == "deploy master"
    consistent(site)
