"""The load of the tests, on a web server that loses requests in every way: it is known to catch each of them."""

import asyncio
import socket

import pytest

from tests.support.fab import until
from tests.support.load.fake_site import BODY, CLOSE, Answers, chunked, fake_site, page, response
from tests.support.load.judged import Judged
from tests.support.load.running import load_on
from tests.support.load.wire import Broken, Connection

OLD = BODY % b"old"


def judged(answers: Answers, enough: int = 12, clients: int = 1) -> Judged:
    """A load that ends after so many requests."""
    with fake_site(answers) as site:
        with load_on("127.0.0.1", site.port, {"fast": clients}) as load:
            until(lambda: site.asked >= enough)
        return load.judged("old", "new")


def once(answer: bytes, at: int = 5) -> Answers:
    """All answers are whole, but one."""
    return lambda number: answer if number == at else page()


def test_whole_answers_lose_nothing() -> None:
    both = judged(lambda number: chunked(OLD) if number % 2 else page(), enough=60, clients=4)
    assert (both.failed, both.wrong, both.retried) == ([], [], [])
    assert len(both.requests) == both.answered_by("old") >= 60


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (response(b"<h1>502 Bad Gateway</h1>", 502), "status 502"),
        (response(b""), "an empty body"),
        (chunked(b""), "an empty body"),
        (response(OLD[:12]), "a body without its end"),
        (response(OLD[:12], length=len(OLD)), "cut off"),
        (chunked(OLD, end=b""), "cut off"),
        (chunked(OLD[:12]), "a body without its end"),
        (b"HTTP/1.1 200", "cut off"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + OLD[:12], "a body without its end"),
        (b"nonsense\r\nContent-Length: 0\r\n\r\n", "cut off"),
    ],
    ids=[
        "bad gateway",
        "empty",
        "empty, chunked",
        "truncated",
        "killed",
        "killed, chunked",
        "short",
        "head",
        "to the end",
        "other",
    ],
)
def test_a_request_that_is_lost_is_caught(answer: bytes, failure: str) -> None:
    assert [request.said.failure for request in judged(once(answer)).failed] == [failure]


def test_a_reused_connection_that_is_closed_unanswered_is_asked_for_once_more_and_counted() -> None:
    again = judged(once(CLOSE))
    assert again.failed == []
    assert len(again.retried) == 1


def test_a_retry_that_is_closed_too_is_lost() -> None:
    lost = judged(lambda number: CLOSE if number in (5, 6) else page())
    assert [request.said.failure for request in lost.failed] == ["closed without an answer"]


def test_a_new_connection_that_is_closed_unanswered_is_lost() -> None:
    lost = judged(once(CLOSE, at=0))
    assert [request.said.failure for request in lost.failed] == ["closed without an answer"]
    assert lost.retried == []


def test_a_site_that_goes_back_and_forth_is_caught() -> None:
    flapped = judged(lambda number: page("new" if number in (4, 8) else "old"))
    assert flapped.wrong != []
    assert {request.said.release for request in flapped.wrong} == {"old"}


def test_a_swap_is_not_taken_for_going_back_and_forth() -> None:
    swapped = judged(lambda number: page("new" if number >= 20 else "old"), enough=60, clients=4)
    assert swapped.wrong == []
    assert swapped.answered_by("new") >= 40


def test_a_site_that_stays_on_the_old_release_is_caught() -> None:
    with fake_site(lambda _: page("old")) as site, load_on("127.0.0.1", site.port, {"fast": 1}) as load:
        load.told()
        asked = site.asked
        until(lambda: site.asked >= asked + 5)
    assert len(load.judged("old", "new").wrong) >= 4


def asset_site(number: int) -> bytes:
    """A page, then what it names; later something else under that name, and then nothing."""
    if number == 0:
        return response(b'<link href="/build/shop.1a.css">\n' + OLD)
    return {6: response(b"h2 {}"), 9: response(b"", 404)}.get(number, response(b"h1 {}"))


def test_assets_of_an_open_page_that_go_or_change_are_caught() -> None:
    with fake_site(asset_site) as site:
        with load_on("127.0.0.1", site.port, {"tab": 1}) as load:
            until(lambda: site.asked >= 15)
        lost = load.judged("old", "old").lost_assets
    assert [request.said.failure for request in lost] == ["", "status 404"]
    assert {request.path for request in lost} == {"/build/shop.1a.css"}


def test_a_server_that_is_not_there_is_lost() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(Broken, match="no connection"):
            asyncio.run(Connection("127.0.0.1", free.getsockname()[1]).get("/fast"))


def test_an_answer_that_does_not_come_is_lost() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Broken, match=r"no answer in 0\.2 s"):
        asyncio.run(Connection("127.0.0.1", silent.getsockname()[1], patience=0.2).get("/fast"))
