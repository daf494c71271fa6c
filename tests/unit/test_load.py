"""The load of the tests: what it takes for a whole answer, and what it judges by when requests started."""

import pytest

from tests.support.load.judged import Judged
from tests.support.load.request import Request, Said, read

PAGE = b'<link href="/build/shop.1a.css">\n<p>release source-1</p>\n<!-- end -->\n'


def page(started: float, ended: float, release: str = "", failure: str = "") -> Request:
    return Request("fast", "/fast", started, ended, False, Said(failure, release))


def asset(started: float, path: str = "/build/shop.1a.css", digest: str = "1", failure: str = "") -> Request:
    return Request("tab", path, started, started + 1, False, Said(failure, digest=digest))


def judged(*requests: Request, done: float = 100) -> Judged:
    return Judged(requests, "old", "new", done)


def test_a_whole_page_names_its_release_and_its_assets() -> None:
    assert read("/", 200, PAGE) == Said(release="source-1", assets=("/build/shop.1a.css",))


def test_a_message_that_was_sent_has_its_id() -> None:
    assert read("/ping", 200, b"sent 0a1b\n<!-- end -->\n") == Said(ping="0a1b")


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (502, PAGE, "status 502"),
        (200, b"", "an empty body"),
        (200, b"\r\n", "an empty body"),
        (200, PAGE[:-1], "a body without its end"),
        (200, PAGE[:30], "a body without its end"),
        (200, b"Fatal error\n<!-- end -->\n", "a body that names no release"),
    ],
)
def test_what_is_not_whole_is_no_answer_whatever_its_status(status: int, body: bytes, failure: str) -> None:
    assert read("/fast", status, body) == Said(failure)


def test_an_asset_has_no_end_and_is_told_from_another_by_its_content() -> None:
    first, second = read("/build/a.1.js", 200, b"one"), read("/build/a.1.js", 200, b"two")
    assert first.failure == second.failure == ""
    assert first.digest != second.digest
    assert read("/build/a.1.js", 200, b"") == Said("an empty body")
    assert read("/build/a.1.js", 404, b"one") == Said("status 404")


def test_a_request_in_flight_may_end_on_the_old_release() -> None:
    assert judged(page(0, 1, "old"), page(1, 2, "new"), page(1.5, 9, "old"), page(3, 4, "new")).wrong == []


def test_a_request_that_started_after_the_new_release_was_seen_is_not_the_old_ones() -> None:
    flapped = page(2.5, 3, "old")
    assert judged(page(0, 1, "old"), page(1, 2, "new"), flapped, page(4, 5, "new")).wrong == [flapped]


def test_a_release_is_seen_when_its_answer_is_whole() -> None:
    assert judged(page(1, 5, "new"), page(2, 3, "old")).wrong == []
    assert judged(page(1, 5, failure="cut off"), page(6, 7, "old")).wrong == []


def test_the_old_release_answers_nothing_once_the_change_was_said_to_be_made() -> None:
    stale = page(6, 7, "old")
    assert judged(page(0, 1, "old"), page(4, 6, "old"), stale, done=5).wrong == [stale]


def test_a_release_that_is_neither_is_wrong_at_any_time() -> None:
    third = page(0, 1, "third")
    assert judged(third, page(1, 2, "new")).wrong == [third]


def test_where_nothing_was_to_change_another_release_is_wrong() -> None:
    other = page(0, 1, "old")
    assert Judged([other, page(0, 1, "new")], "new", "new").wrong == [other]


def test_failed_pages_and_lost_assets_are_counted_apart() -> None:
    failed, lost = page(0, 1, failure="status 502"), asset(0, failure="status 404")
    both = judged(failed, lost, page(1, 2, "new"))
    assert (both.failed, both.lost_assets) == ([failed], [lost])


def test_an_asset_that_changes_under_its_name_is_lost() -> None:
    changed = asset(2, digest="2")
    assert judged(asset(1), changed, asset(3)).lost_assets == [changed]


def test_an_old_asset_is_one_that_the_new_pages_do_not_name_asked_for_after_the_swap() -> None:
    new_page = Request("page", "/", 1, 2, False, Said(release="new", assets=("/build/runtime.2b.js",)))
    after = asset(3)
    assert judged(asset(0), new_page, after, asset(3, "/build/runtime.2b.js")).old_assets == [after]


def test_the_figures_can_be_read() -> None:
    lost = page(0, 0.125, failure="status 502")
    assert str(judged(page(0, 0.25, "old"), lost, lost)) == (
        "3 requests, 2 failed {'status 502': 2}, 0 by the wrong release, 0 retried; "
        "0 of old assets, 0 assets lost; slowest 250 ms"
    )
