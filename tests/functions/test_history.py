"""What is live and previous follows from history and the link, never from names; and a spoilt history is survived."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.host import releases, state
from tasks.host.history import record
from tests.support.host import LocalHost
from tests.support.records import SEALED, LocalRecords, name, play


def test_releases_are_reported_newest_first_by_history_and_not_by_name(records: LocalRecords) -> None:
    late = name(50)
    records.make(late)
    Path(records.host.state_dir, "history").unlink()
    order = [SEALED["C"], late, SEALED["A"]]
    records.write(*({"event": "sealed", "name": release} for release in order))
    assert [release["name"] for release in records.state()["releases"]][:3] == order[::-1]


def test_previous_is_never_one_that_is_gone(records: LocalRecords) -> None:
    play(records, "A B C")
    (records.host.releases / SEALED["B"] / "release.json").unlink()
    assert records.state()["previous"] == SEALED["A"]


def test_a_link_that_was_moved_by_hand_is_the_truth(records: LocalRecords) -> None:
    play(records, "A B C")
    records.link(SEALED["B"])
    found = records.state()
    assert (found["live"]["name"], found["previous"]) == (SEALED["B"], SEALED["A"])


def test_the_way_back_leads_to_what_was_live_and_not_to_what_was_left_by_hand(records: LocalRecords) -> None:
    play(records, "A B")
    records.write({"event": "sealed", "name": SEALED["C"]})
    records.write({"event": "done", "verb": "release", "name": SEALED["C"], "from": SEALED["A"]})
    records.link(SEALED["C"])
    assert records.state()["previous"] == SEALED["A"]


def test_post_release_is_pending_until_it_went_well_for_what_is_live(records: LocalRecords) -> None:
    play(records, "A")
    assert records.state()["post_release_pending"]
    for outcome, release, pending in (("failed", "A", True), ("ok", "A", False)):
        records.write({"event": "post-release", "name": SEALED[release], "outcome": outcome})
        assert records.state()["post_release_pending"] is pending
    play(records, "B")
    assert records.state()["post_release_pending"]


SPOILT = (
    *(
        b'{"event": "done", "name": "',
        b"\n\n",
        b"not json\n",
        b"\xff\xfe\x00\n",
        b"[" * 100_000 + b"\n",
        b"[]\n",
        b"null\n",
        b"3\n",
    ),
    *(
        b'{"event": "__class__", "name": "x"}\n',
        b'{"event": "__init__"}\n',
        b'{"event": "done"}\n',
        b'{"event": 3, "name": "x"}\n',
    ),
    *(
        b'{"event": "done", "name": ["x"]}\n',
        b'{"event": "done", "name": null}\n',
        b'{"event": "intent"}\n',
        b'{"event": ""}\n',
    ),
    *(
        b'{"event": "begin", "name": {"a": 1}}\n',
        b'{"event": "previous"}\n',
        b'{"event": "adopted"}\n',
        b'{"event": "failed"}\n',
    ),
)


@pytest.mark.parametrize("line", SPOILT)
def test_a_spoilt_line_is_passed_over(records: LocalRecords, line: bytes) -> None:
    play(records, "A B")
    with Path(records.host.state_dir, "history").open("ab") as history:
        history.write(line)
    state.settle(records.run())
    state.history(records.run())
    assert releases.unfinished(records.run()) == []
    found = records.state()
    assert (found["live"]["name"], found["previous"]) == (SEALED["B"], SEALED["A"])


def test_a_line_that_a_crash_left_without_its_end_does_not_spoil_the_next(records: LocalRecords) -> None:
    with Path(records.host.state_dir, "history").open("a") as history:
        history.write('{"event": "don')
    record(records.run(), "sealed", {"name": name(70)})
    last = Path(records.host.state_dir, "history").read_text().splitlines()[-1]
    assert json.loads(last)["name"] == name(70)


@pytest.mark.parametrize("ref", ["a\u2028b", "a\u2029b", "a\x85b", "a\x0cb", "a\nb", "a\x1eb", "a=b"])
def test_a_line_of_history_ends_where_it_was_ended(records: LocalRecords, ref: str) -> None:
    record(records.run(), "sealed", {"name": name(80), "ref": ref})
    records.make(name(80))
    assert records.state()["releases"][0]["name"] == name(80)


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3))
EVENTS = st.sampled_from(["begin", "sealed", "failed", "intent", "done", "abandoned", "adopted", "post-release", "swept", "x"])
ENTRY = st.fixed_dictionaries(
    {"event": EVENTS | JSON},
    optional={key: st.sampled_from(list(SEALED.values())) | JSON for key in ("name", "from", "put_back", "verb", "outcome")},
)


@given(entries=st.lists(ENTRY, max_size=12))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_history_makes_the_state_fail(records: LocalRecords, entries: list[dict[str, object]]) -> None:
    history = Path(records.host.state_dir, "history")
    history.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    found = records.state()
    assert found["previous"] is None or found["previous"] in SEALED.values()


@given(moves=st.lists(st.sampled_from(["A", "B", "C", "D", "<"]), max_size=10))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_going_back_never_leads_to_a_bad_release_nor_to_where_it_is(records: LocalRecords, moves: list[str]) -> None:
    """The model: a path of releases; going back leaves its end, marks it, and skips what is marked."""
    host = records.host
    Path(host.state_dir, "history").unlink(missing_ok=True)
    host.live.unlink(missing_ok=True)
    records.write(*({"event": "sealed", "name": release} for release in SEALED.values()))
    path: list[str] = []
    bad: set[str] = set()
    for move in moves:
        back = [release for release in path[:-1] if release not in bad and release != path[-1]]
        if move == "<" and not back:
            continue
        live, target = (path[-1] if path else ""), (back[-1] if move == "<" else SEALED[move])
        records.write({"event": "done", "verb": "rollback" if move == "<" else "release", "name": target, "from": live})
        records.link(target)
        if move == "<":
            bad.add(live)
            path = path[: len(path) - path[::-1].index(target)]
        else:
            bad.discard(target)
            path += [target] if path[-1:] != [target] else []
    found = records.state()
    back = [release for release in path[:-1] if release not in bad and release != path[-1]]
    assert found["previous"] == (back[-1] if back else None)
    assert {release["name"] for release in found["releases"] if release["state"] == "bad"} == bad - set(path[-1:])


def test_a_build_that_fails_is_recorded_with_its_reason(host: LocalHost) -> None:
    host.use(apps={"web": {"bootstrap": ["exit 3"]}})
    host.build()
    last = host.history()[-1]
    assert (last["event"], last["step"], last["why"]) == ("failed", "bootstrap", "web: 'exit 3' exited 3")
