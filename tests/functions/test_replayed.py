"""A long history is replayed once: later runs read what is new, and nothing else follows from it."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.host import history, releases, replayed
from tasks.host import records as rules
from tasks.host.records import Records
from tests.support.host import LocalHost
from tests.support.records import LocalRecords, name

EVENTS = (
    "begin",
    "failed",
    "swept",
    "sealed",
    "intent",
    "abandoned",
    "done",
    "adopting",
    "adopted",
    "before",
    "joined",
    "post-release",
)
LINE = st.fixed_dictionaries(
    {"event": st.sampled_from(EVENTS), "name": st.sampled_from("ABCD")},
    optional={
        "verb": st.sampled_from(("release", "rollback")),
        **{key: st.sampled_from("ABCD") for key in ("from", "before", "was")},
        "put_back": st.sampled_from(["yes", "untouched"]),
        "outcome": st.sampled_from(("ok", "failed", "unhealthy")),
        "without": st.just("web2 web3"),
    },
)


@given(st.lists(LINE, max_size=30), st.integers(0, 30))
def test_a_replay_that_goes_on_from_what_was_kept_finds_the_same(lines: list[dict[str, str]], at: int) -> None:
    whole, first, rest = Records(), Records(), Records()
    whole.replay(lines)
    first.replay(lines[:at])
    rest.take(json.loads(json.dumps(first.given())))
    rest.replay(lines[at:])
    assert vars(rest) == vars(whole)


class Long:
    """A host whose history is long, and of which it was kept what its first lines say."""

    def __init__(self, host: LocalHost, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(replayed, "LONG", 1)
        self.records = LocalRecords(host)
        self.names = self.records.released(1, 2)
        self.history, self.kept = host.state_dir / "history", host.state_dir / replayed.NAME
        self.began: list[int] = []
        whole = history.entries

        def entries(run: Any, start: int = 0, end: int | None = None) -> list[dict[str, Any]]:
            self.began.append(start)
            return whole(run, start, end)

        self.keep()
        monkeypatch.setattr(history, "entries", entries)
        self.size = self.history.stat().st_size

    def keep(self) -> None:
        """What a run does at its end."""
        run = self.records.run()
        replayed.keep(run, releases.records(run))

    def previous(self) -> str:
        """What a new run finds."""
        return self.records.previous()


@pytest.fixture
def long(bare_host: LocalHost, monkeypatch: pytest.MonkeyPatch) -> Long:
    return Long(bare_host, monkeypatch)


def test_only_what_is_new_is_read(long: Long) -> None:
    assert long.previous() == long.names[0]
    assert long.began == [long.size]
    long.records.released(3)
    assert long.previous() == long.names[1]
    assert long.began == [long.size, long.size]


def test_it_is_kept_again_when_much_has_come_and_not_before(long: Long, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replayed, "LONG", 600)
    before = long.kept.read_bytes()
    long.records.write({"event": "unhold"})
    long.keep()
    assert long.kept.read_bytes() == before
    long.records.write(*[{"event": "unhold"}] * 20)
    long.keep()
    assert long.kept.read_bytes() != before
    assert long.kept.stat().st_mode & 0o777 == 0o600


SPOILT = {
    "nothing": b"",
    "no head": b"\n{}",
    "half": None,
    "another's words": b"0000 10\n{}",
    "no number": b"0000 x\n{}",
    "no text": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("how", SPOILT)
def test_one_that_is_spoilt_counts_for_nothing(long: Long, how: str) -> None:
    data = SPOILT[how]
    long.kept.write_bytes(long.kept.read_bytes()[:-3] if data is None else data)
    assert long.previous() == long.names[0]
    assert long.began == [0]


def test_a_word_that_was_changed_in_it_counts_for_nothing(long: Long) -> None:
    long.kept.write_text(long.kept.read_text().replace(long.names[0], name(9)))
    assert long.previous() == long.names[0]
    assert long.began == [0]


def test_a_history_that_a_hand_has_changed_is_replayed_from_its_first_line(long: Long) -> None:
    with long.history.open("r+") as file:  # the same file, of the same size
        file.write(long.history.read_text().replace('"v": 1', '"v": 2', 1))
    assert long.previous() == long.names[0]
    assert long.began == [0]


def test_a_shorter_history_is_replayed_from_its_first_line(long: Long) -> None:
    long.history.write_text("".join(long.history.read_text().splitlines(True)[:-1]))
    long.previous()
    assert long.began == [0]


def test_another_version_of_the_rules_replays_from_the_first_line(long: Long, monkeypatch: pytest.MonkeyPatch) -> None:
    source = SimpleNamespace(get_source=lambda _: "other rules")
    monkeypatch.setattr(replayed, "records", SimpleNamespace(__loader__=source, __name__=rules.__name__))
    assert long.previous() == long.names[0]
    assert long.began == [0]


def test_a_short_history_keeps_nothing(host: LocalHost) -> None:
    host.release()
    assert host.prune().code == 0
    assert not (host.state_dir / replayed.NAME).exists()


def test_a_prune_keeps_it_and_the_next_run_goes_on_from_there(host: LocalHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replayed, "LONG", 1)
    first = host.release()
    assert host.prune().code == 0
    assert (host.state_dir / replayed.NAME).exists()
    second = host.release()
    assert (host.state()["live"]["name"], host.state()["previous"]) == (second, first)


def test_a_place_that_cannot_be_written_to_stops_nothing(long: Long) -> None:
    long.kept.unlink()
    long.kept.mkdir()
    long.keep()
    assert long.previous() == long.names[0]
