"""What is live, previous and bad after releases, rollbacks and put-backs."""

import pytest

from tests.support.host import LocalHost
from tests.support.records import SEALED, LocalRecords, play

# What is done, then live, previous and the bad ones. X: release, <: rollback, <X: rollback --to X, !: put back,
# ~: a rollback is put back.
TABLE = (
    ("A", "A", "", ""),
    ("A B", "B", "A", ""),
    ("A B C", "C", "B", ""),
    ("A B C <", "B", "A", "C"),
    ("A B C < <", "A", "", "BC"),
    ("A B C < D", "D", "B", "C"),
    ("A B C < D <", "B", "A", "CD"),
    ("A B C < C", "C", "B", ""),
    ("A B C < < C", "C", "A", "B"),
    ("A B !", "A", "", "B"),
    ("A B C !", "B", "A", "C"),
    ("A B C ! D", "D", "B", "C"),
    ("A B ! B", "B", "A", ""),
    ("A B C <A", "A", "", "C"),
    ("A B C <A D", "D", "A", "C"),
    ("A B A", "A", "B", ""),
    ("D C B", "B", "C", ""),
    ("A B C <D", "D", "B", "C"),
    ("A A", "A", "", ""),
    ("A B < ~", "B", "A", ""),
    ("A B < ~ <", "A", "", "B"),
    ("A B C <A ~", "C", "B", ""),
    ("A B C <A ~ <", "B", "A", "C"),
    ("A B <D ~", "B", "A", ""),
    ("A B C < <A ~", "B", "A", "C"),
)


@pytest.mark.parametrize(("moves", "live", "previous", "bad"), TABLE)
def test_live_previous_and_bad(records: LocalRecords, moves: str, live: str, previous: str, bad: str) -> None:
    play(records, moves)
    found = records.state()
    assert found["live"]["name"] == SEALED[live]
    assert found["previous"] == SEALED.get(previous)
    marked = {release["name"] for release in found["releases"] if release["state"] == "bad"}
    assert marked == {SEALED[letter] for letter in bad}


@pytest.mark.parametrize(
    ("moves", "why"),
    [
        ("A B", {"A": "good", "B": "live", "C": "built"}),
        ("A B <", {"A": "live", "B": "rolled back"}),
        ("A B !", {"A": "live", "B": "failed"}),
        ("A B ! B", {"A": "good", "B": "live"}),
        ("A B C < D !", {"B": "live", "C": "rolled back", "D": "failed"}),
    ],
)
def test_why_a_release_stands_as_it_does(records: LocalRecords, moves: str, why: dict[str, str]) -> None:
    play(records, moves)
    found = {release["name"]: release["why"] for release in records.state()["releases"]}
    assert {letter: found[SEALED[letter]] for letter in why} == why


@pytest.mark.parametrize(("how", "pending"), [("untouched", False), ("yes", True)])
@pytest.mark.parametrize("verb", ["rollback", "deploy"])
def test_what_is_back_before_any_service_moved_has_no_post_release_to_come(
    records: LocalRecords, verb: str, how: str, pending: bool
) -> None:
    play(records, "A B")
    records.write({"event": "post-release", "name": SEALED["B"], "outcome": "ok"})
    records.write({"event": "done", "verb": verb, "name": SEALED["A"], "from": SEALED["B"]})
    records.write({"event": "done", "verb": verb, "name": SEALED["B"], "from": SEALED["A"], "put_back": how})
    assert records.state()["post_release_pending"] is pending


def test_the_same_by_hand(host: LocalHost) -> None:
    first, second, third = (host.release() for _ in range(3))
    assert host.cut_over("", "rollback").facts["release"] == second
    assert host.cut_over("", "rollback").facts["release"] == first
    assert host.state()["previous"] is None
    assert host.cut_over(third).code == 0
    assert (host.state()["live"]["name"], host.state()["previous"]) == (third, first)
