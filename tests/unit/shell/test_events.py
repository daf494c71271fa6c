"""What a host says arrives as it was said, however the network cuts it up, and nothing else can pass for it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.shell.events import Event, Lines, parse
from tasks.shell.lib.wire import escaped

NONCE = "c0ffee"
WORDS = st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=4)
AWKWARD = st.text(st.sampled_from("\\tnr\t\n\r a'"))


def line(*words: str) -> str:
    return "\t".join([NONCE, *map(escaped, words)])


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def fed(pieces: list[bytes]) -> list[str]:
    lines = Lines()
    return [*(line for piece in pieces for line in lines.feed(piece)), *lines.end()]


@given(WORDS | st.lists(AWKWARD, max_size=4))
def test_any_words_come_back_as_they_were_said(words: list[str]) -> None:
    assert parse(line("fact", *words), NONCE) == Event("fact", tuple(words))


@given(WORDS | st.lists(AWKWARD, max_size=4))
def test_any_words_make_one_line(words: list[str]) -> None:
    assert fed([(line("fact", *words) + "\n").encode()]) == [line("fact", *words)]


@given(st.binary(max_size=200) | st.text("a\n\téß€🚀", max_size=60).map(str.encode), st.lists(st.integers(0, 500), max_size=8))
def test_lines_are_the_same_wherever_the_network_cuts_them(data: bytes, places: list[int]) -> None:
    assert fed(cut(data, places)) == fed([data])


@given(st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1), max_size=5))
def test_lines_are_what_stands_between_line_feeds(lines: list[str]) -> None:
    assert fed(["\n".join(lines).encode()]) == lines


def test_a_line_waits_for_its_end() -> None:
    lines = Lines()
    assert list(lines.feed(b"half")) == []
    assert list(lines.feed(b" and half\nrest")) == ["half and half"]
    assert list(lines.end()) == ["rest"]
    assert list(lines.end()) == []


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    assert fed([b"caf\xe9\n"]) == ["caf\ufffd"]


@pytest.mark.parametrize(
    "forged",
    [
        "fact\tlive\tother",
        "decaf\tfact\tlive\tother",
        f" {NONCE}\tfact\tlive",
        f"{NONCE}0\tfact\tlive",
        NONCE.upper() + "\tfact\tlive",
        NONCE,
        f"{NONCE}\t",
        "",
    ],
)
def test_a_line_without_the_nonce_of_this_run_is_noise(forged: str) -> None:
    assert parse(forged, NONCE) == Event("noise", (forged,))


@given(st.text(), st.text(st.characters(exclude_characters="\t"), min_size=1).filter(lambda nonce: nonce != NONCE))
def test_the_nonce_of_another_run_is_noise(text: str, other: str) -> None:
    assert parse(f"{other}\tfact\t{text}", NONCE).kind == "noise"


def test_an_escape_that_nobody_writes_is_left_as_it_is() -> None:
    assert parse(f"{NONCE}\tnote\t\\x", NONCE).words == ("\\x",)


def test_a_word_that_is_not_there_is_empty() -> None:
    assert [Event("fail", ("what",)).word(index) for index in (0, 1)] == ["what", ""]
