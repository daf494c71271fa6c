"""The figures in docs/requests.md are what the loads have shown, put where its markers are."""

import pytest

from tests.bench.requests.tables import COLUMNS, Row, shown, table
from tests.support.load.judged import Judged
from tests.support.load.request import Request, Said
from tests.support.marked import between


def load(*failures: str, path: str = "/fast", retried: bool = False) -> Judged:
    requests = [
        Request("fast", path, 1.0, 1.25, retried, Said(failure, release="" if failure else "new")) for failure in failures
    ]
    return Judged(requests, "old", "new")


def test_a_row_has_the_sum_of_all_times_and_what_each_lost() -> None:
    row = Row("`deploy`", [load("", "", "status 502"), load("", "status 502", "status 502")])
    assert row.cells() == ["`deploy`", "2", "6", "3 (1 + 2)", "0", "not asked for", "0", "0.2 s"]


def test_a_row_tells_stale_pages_lost_assets_and_retries_apart() -> None:
    stale = Request("fast", "/fast", 5.0, 6.5, True, Said(release="old"))
    gone = Request("tab", "/build/shop.1a.css", 1.0, 2.0, False, Said("status 404"))
    row = Row("`deploy`", [Judged([stale, gone], "old", "new", done=4.0)])
    assert row.cells() == ["`deploy`", "1", "2", "0", "1", "1", "1", "1.5 s"]


def test_what_cannot_be_told_is_not_claimed() -> None:
    assert Row("in place", [load("")], told_apart=False).cells()[4] == "cannot be told"


def test_many_are_easy_to_read() -> None:
    assert (shown([0, 0]), shown([1200]), shown([1200, 0])) == ("0", "1,200", "1,200 (1200 + 0)")


def test_a_table_has_a_title_for_each_column() -> None:
    header, rule, *rows = table("what", [Row("a", [load("")]), Row("b", [load("")])]).splitlines()
    assert header == f"| what | {' | '.join(COLUMNS)} |"
    assert {line.count("|") for line in (header, rule, *rows)} == {len(COLUMNS) + 2}


def test_figures_replace_those_before_and_nothing_else() -> None:
    text = "before\n<!-- figures -->\nold\n<!-- /figures -->\nafter\n"
    assert between(text, "new\n") == "before\n<!-- figures -->\nnew\n<!-- /figures -->\nafter\n"


@pytest.mark.parametrize("text", ["", "<!-- figures -->\n", "<!-- /figures -->\n"])
def test_a_text_without_a_place_for_figures_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="there are no lines"):
        between(text, "new\n")
