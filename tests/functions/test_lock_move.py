"""A mere build blocks no rollback: it holds `lock`, and who moves or serves the live link holds `move` besides."""

import random
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tasks.host.lock import ASKED
from tasks.phases import build, cutover, lock, report
from tests.support.fab import until
from tests.support.host import LocalHost, Locked
from tests.support.talk import Ran

RACES = 50


@pytest.fixture
def two(host: LocalHost) -> tuple[str, str]:
    """Two releases; the second is live."""
    return host.release(), host.release()


@pytest.fixture
def builder(host: LocalHost, two: tuple[str, str]) -> Iterator[Locked]:
    """A release that builds, and has moved nothing yet."""
    assert two
    with host.lock("release", "build") as locked:
        yield locked


def roll_back(host: LocalHost, name: str = "") -> Ran:
    with host.lock("rollback", "rollback") as locked:
        return locked.refused or host.run(cutover.cutover(), replace(locked.run, release=name or host.state()["previous"]))


def test_a_rollback_passes_by_a_build(host: LocalHost, two: tuple[str, str], builder: Locked) -> None:
    assert roll_back(host).code == 0
    host.assert_live(two[0])
    done = host.run(build.build(host.environment), replace(builder.run, ref="master"))
    assert done.code == 0
    refused = host.run(cutover.cutover(), builder.run)
    assert (refused.code, "another release went live since" in refused.failure) == (3, True)
    host.assert_live(two[0])
    assert host.seal(builder.run.release)


def test_a_build_whose_workstation_has_gone_is_passed_by_too(host: LocalHost, two: tuple[str, str]) -> None:
    host.use(apps={"web": {"bootstrap": ["touch ../../../begun; until [[ -e ../../../go ]]; do sleep 0.02; done"]}})
    with host.lock("release", "build") as locked:
        locked.keeper.ask(replace(locked.run, ref="master").request(build.build(host.environment), host.environment))
        until((host.home / "begun").exists)
        locked.keeper.end()
    assert roll_back(host).code == 0
    (host.home / "go").touch()
    host.assert_live(two[0])
    until((host.releases / locked.run.release / "release.json").exists)


@pytest.mark.parametrize("verb", ["release", "post-release", "prune", "setup"])
def test_whoever_may_move_or_serve_is_not_passed_by(host: LocalHost, two: tuple[str, str], verb: str) -> None:
    with host.lock(verb, "move"):
        done = roll_back(host)
    assert (done.code, done.facts["busy_run"] != "") == (6, True)
    host.assert_live(two[1])


def test_who_does_not_say_that_it_builds_is_not_passed_by(host: LocalHost, two: tuple[str, str]) -> None:
    with host.lock("release"):
        assert roll_back(host).code == 6
    host.assert_live(two[1])


def test_from_its_cutover_on_a_release_is_not_passed_by(host: LocalHost, two: tuple[str, str], builder: Locked) -> None:
    assert host.run(build.build(host.environment), replace(builder.run, ref="master")).code == 0
    assert host.run(cutover.cutover(), builder.run).code == 0
    assert roll_back(host).code == 6
    host.assert_live(builder.run.release)
    assert two


def test_a_cutover_names_who_moves_and_does_nothing(host: LocalHost, two: tuple[str, str], builder: Locked) -> None:
    with host.lock("rollback", "rollback"):
        done = host.run(cutover.cutover(), replace(builder.run, release=two[0]))
    assert (done.code, done.facts["busy_move"] != "") == (6, True)
    assert "what is live is being moved or served; anna@laptop holds the lock: rollback" in done.failure
    assert host.run(cutover.cutover(), replace(builder.run, release=two[0])).code == 0


def test_what_a_rollback_has_staged_is_left_alone_by_a_build(host: LocalHost, builder: Locked) -> None:
    with host.lock("rollback", "rollback") as locked:
        staged = host.home / f".source.{locked.run.id}"
        staged.symlink_to("somewhere")
        assert host.run(build.build(host.environment), replace(builder.run, ref="master")).code == 0
        assert staged.is_symlink()
    assert roll_back(host).code == 0
    assert not staged.is_symlink()


def test_a_run_that_begins_leaves_the_intent_of_one_that_moves_alone(host: LocalHost, two: tuple[str, str]) -> None:
    with host.lock("build", "build"), host.lock("rollback", "rollback") as locked:
        with (host.state_dir / "history").open("a") as history:
            history.write(f'{{"event": "intent", "run": "{locked.run.id}", "name": "{two[0]}", "from": "{two[1]}"}}\n')
        host.state()
        assert host.history()[-1]["event"] == "intent"
    with host.lock("build", "build"):
        assert host.history()[-1]["event"] == "abandoned"


def test_of_a_rollback_and_a_cutover_that_start_together_one_wins(host: LocalHost, two: tuple[str, str]) -> None:
    names, dice = {*two, host.release()}, random.Random(7)  # noqa: S311
    for _ in range(RACES):
        forward, back = dice.sample(sorted(names - {host.live.readlink().name}), 2)
        with host.lock("release", "build") as locked, host.open() as other:
            rollback = host.new_run("rollback", release=back)
            other.ask(rollback.request(report.state(), host.environment))
            assert other.answer().code == 0  # it has started
            other.ask(rollback.request(lock.lock("rollback"), host.environment))
            time.sleep(ASKED + dice.uniform(-0.01, 0.02))  # it has waited for `lock` by about then, and asks for `move`
            run = replace(locked.run, release=forward)
            locked.keeper.ask(run.request(cutover.cutover(), host.environment))
            answer = other.answer()
            if not answer.code:
                run = replace(rollback, live_at_start=answer.facts["live_path"])
                other.ask(run.request(cutover.cutover(), host.environment))
            codes = (locked.keeper.answer().code, other.answer().code if not answer.code else answer.code)
            won = host.live.readlink().name == forward
            assert (*codes, won) in [(0, 6, True), (3, 0, False), (6, 0, False)]


def test_of_two_workstations_that_ask_together_one_moves_and_the_other_learns_who(
    host: LocalHost, two: tuple[str, str]
) -> None:
    asked = lock.lock("move")
    for turn in range(RACES):
        runs = [replace(host.new_run("deploy"), by=by) for by in ("anna@laptop", "ben@desk")]
        with host.open() as first, host.open() as second:
            for talk, run in zip((first, second), runs, strict=True):
                talk.ask(run.request(asked, host.environment))
            answers = [first.answer(), second.answer()]
            assert sorted(answer.code for answer in answers) == [0, 6]
            winner = [answer.code for answer in answers].index(0)
            assert answers[1 - winner].failure.startswith(f"{runs[winner].by} holds the lock: deploy, since 20")
            run = replace(runs[winner], release=two[turn % 2], live_at_start=answers[winner].facts["live_path"])
            talk = (first, second)[winner]
            talk.ask(run.request(cutover.cutover(), host.environment))
            assert talk.end().code == 0
        host.assert_live(two[turn % 2])
    assert [line["run"] for line in host.history() if line["event"] in ("intent", "abandoned")][-1] == run.id
