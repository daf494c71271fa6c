"""Pruning: the oldest beyond keep_releases, never what is live, before it, or last served; and names that never collide."""

import json
import re

import pytest

from tests.support.host import LocalHost
from tests.support.records import LocalRecords, name
from tests.support.snapshot import snapshot


def there(host: LocalHost) -> set[str]:
    return {path.name for path in host.releases.iterdir()}


@pytest.fixture
def records(host: LocalHost) -> LocalRecords:
    """Six releases, 0 the oldest, with 4 live after 3; 5 was built and is not live."""
    made = LocalRecords(host)
    for number in range(6):
        made.make(name(number))
        made.write({"event": "sealed", "name": name(number)})
    for number, before in ((3, ""), (4, name(3))):
        made.write({"event": "done", "verb": "release", "name": name(number), "from": before})
    made.link(name(4))
    return made


@pytest.mark.parametrize(
    ("keep", "kept"), [(1, {3, 4, 5}), (3, {3, 4, 5}), (4, {2, 3, 4, 5}), (6, {0, 1, 2, 3, 4, 5}), (9, {0, 1, 2, 3, 4, 5})]
)
def test_as_many_are_kept_as_hosts_yml_says_live_and_built_ones_included(
    records: LocalRecords, keep: int, kept: set[int]
) -> None:
    records.host.use(keep_releases=keep)
    assert records.host.prune().code == 0
    assert there(records.host) == {name(number) for number in kept}
    assert {path.name for path in records.host.state_dir.iterdir()} <= {
        "history",
        "lock",
        "job.lock",
        "move",
        "trash",
        "reserve",
    }


def test_bad_ones_count_and_go_like_others(records: LocalRecords) -> None:
    records.write({"event": "done", "verb": "rollback", "name": name(3), "from": name(4)})
    records.link(name(3))
    records.host.use(keep_releases=1)
    records.host.prune()
    assert there(records.host) == {name(3), name(5)}


def test_the_one_that_services_may_still_run_is_kept(records: LocalRecords) -> None:
    records.write({"event": "post-release", "name": name(0), "outcome": "ok"})
    records.host.use(keep_releases=1)
    records.host.prune()
    assert name(0) in there(records.host)


def test_what_is_not_ours_is_never_pruned(records: LocalRecords) -> None:
    host = records.host
    theirs = ("source-preprod-20200101T000000Z", "source-20200101T000000Z", "source-2020", "notes", "xsource-20200101T000000Z")
    for folder in theirs:
        (host.releases / folder).mkdir()
        (host.releases / folder / "file").write_text("theirs")
    records.make(name(90))
    seal = {"name": "source-preprod-20200101T000000Z", "live_link": "source-preprod"}
    (host.releases / theirs[0] / "release.json").write_text(json.dumps(seal))
    (host.releases / "source-20200102T000000Z").symlink_to(host.releases / name(0))
    host.use(keep_releases=1)
    host.prune()
    assert there(host) == {*theirs, name(90), "source-20200102T000000Z", name(3), name(4), name(5)}


def test_an_environment_does_not_prune_another_one_of_the_host(records: LocalRecords) -> None:
    host = records.host
    host.use(live_link="source-preprod", keep_releases=1)
    host.set_up()
    before = there(host)
    assert host.prune().code == 0
    assert there(host) == before


def test_what_stays_is_not_changed(records: LocalRecords) -> None:
    kept = [records.host.releases / name(number) for number in (3, 4, 5)]
    before = [snapshot(folder) for folder in kept]
    records.host.use(keep_releases=1)
    records.host.prune()
    assert [snapshot(folder) for folder in kept] == before


def test_five_thousand_releases_are_pruned_by_one_program(records: LocalRecords) -> None:
    for number in range(100, 5000):
        records.make(name(number))
    records.write(*({"event": "sealed", "name": name(number)} for number in range(100, 5000)))
    assert len(records.state()["releases"]) == 4906
    records.host.use(keep_releases=5)
    done = records.host.prune()
    assert done.code == 0
    newest = {name(number) for number in range(4995, 5000)}
    assert there(records.host) == newest | {name(3), name(4)}


def test_a_name_is_the_time_of_its_build(host: LocalHost) -> None:
    assert re.fullmatch(r"source-20\d{6}T\d{6}Z", host.release())


def test_two_builds_within_a_second_have_two_names_in_order(host: LocalHost) -> None:
    names = [host.build().facts["release"] for _ in range(3)]
    assert sorted(set(names)) == names


@pytest.mark.parametrize("where", ["releases", "history", "history of one that is gone", "adopted and gone"])
def test_a_name_is_later_than_every_name_there_ever_was(host: LocalHost, where: str) -> None:
    records = LocalRecords(host)
    future = "source-20991231T235959Z"
    if where == "releases":
        (host.releases / future).mkdir()
    elif where == "adopted and gone":
        records.write({"event": "adopted", "name": future})
    else:
        records.write({"event": "begin", "name": future}, {"event": "failed", "name": future})
    if where == "history of one that is gone":
        records.write({"event": "pruned", "name": future})
    assert records.state()["next"] == "source-21000101T000000Z"


@pytest.mark.parametrize(
    "nobodys",
    [
        "source-99991231T235959Z",
        "source-99999999T999999Z",
        "source-2026010\u0661T000000Z",
    ],
)
def test_a_time_that_is_none_stops_nobody_and_hides_no_other(host: LocalHost, nobodys: str) -> None:
    (host.releases / nobodys).mkdir()
    (host.releases / "source-20991231T235959Z").mkdir()
    assert LocalRecords(host).state()["next"] == "source-21000101T000000Z"


def test_a_failing_prune_leaves_the_release_that_went_before_it(host: LocalHost) -> None:
    live = host.release()
    (host.state_dir / "trash").write_text("in the way")
    assert host.prune().code == 3
    host.assert_live(live)
