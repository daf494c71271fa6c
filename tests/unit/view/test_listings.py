"""The lists of a plan: a line of the host is a line."""

import pytest

from tasks.view.plan import listings


@pytest.mark.parametrize("character", ["\u2028", "\x85", "\x0c"])
def test_the_subject_of_a_commit_is_no_second_commit(character: str) -> None:
    facts = {"commits": f"abc one{character}def two (a, 2026-01-01)\nfed three (b, 2026-01-02)", "commit_count": "2"}
    ((_, lines),) = listings(facts)
    assert len(lines) == 2
