"""A cutover that is sent once more over a new link meets no first one: that is over, or keeps the locks."""

import json
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tasks.phases import cutover
from tasks.phases import lock as lock_phases
from tests.functions.test_cutover import at_the_rename, die
from tests.support.fab import until
from tests.support.host import LocalHost
from tests.support.records import LocalRecords
from tests.support.talk import Ran, Run

AGAIN = lock_phases.lock("move", returns=True)


@pytest.fixture
def records(host: LocalHost) -> LocalRecords:
    return LocalRecords(host)


def taken_again(host: LocalHost, run: Run) -> tuple[Ran, Ran]:
    """Over a new link the lock is taken again, and the cutover sent once more: what each came to."""
    with host.start(AGAIN, run) as second:
        locked = second.answer()
        if locked.code:
            return locked, locked
        second.ask(run.request(cutover.cutover(), host.environment))
        return locked, second.answer()


def moved(state: Ran) -> tuple[str, str]:
    """What is live, and which run has moved it."""
    found: dict[str, Any] = json.loads(state.facts["state"])
    return found["live"]["name"], found["moved"]


def test_while_the_first_one_runs_the_lock_is_not_to_be_had_and_after_it_a_second_one_refuses(
    records: LocalRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, _, (second,) = records.host, records.released(1), records.sealed(2)

    def waits(rename: Callable[[], None]) -> None:
        (host.home / "begun").touch()
        while not (host.home / "go-on").exists():
            time.sleep(0.01)
        rename()

    at_the_rename(monkeypatch, host.live, waits)
    with host.lock("deploy", "build") as locked:
        run = replace(locked.run, release=second)
        locked.keeper.ask(run.request(cutover.cutover(), host.environment))
        until((host.home / "begun").exists)
        refused, _ = taken_again(host, run)
        assert (refused.code, refused.facts["busy_run"]) == (6, run.id)
        (host.home / "go-on").touch()
        assert locked.keeper.answer().code == 0
    state, again = taken_again(host, run)
    assert moved(state) == (second, run.id)
    assert (again.code, "another release went live since" in again.failure) == (3, True)


def test_one_that_died_before_its_rename_is_done_by_the_second(records: LocalRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    host, (first,), (second,) = records.host, records.released(1), records.sealed(2)
    before = host.state()["moved"]
    with monkeypatch.context() as dying:
        at_the_rename(dying, host.live, die)
        with host.lock("deploy", "build") as locked:
            run = replace(locked.run, release=second)
            locked.keeper.ask(run.request(cutover.cutover(), host.environment))
            assert locked.keeper.answer().code == -signal.SIGKILL
    state, again = taken_again(host, run)
    assert (moved(state), again.code) == ((first, before), 0)
    host.assert_live(second)
    assert [line["event"] for line in host.history()[-4:]] == ["intent", "abandoned", "intent", "done"]
