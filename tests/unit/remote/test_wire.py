"""What a host sends that is no line of a conversation is passed over, or ends it; it is never taken for one, or a defect."""

import hashlib
import json

import pytest

from tasks.remote import wire
from tasks.remote.wire import Gap, Lines, Marked

WORD = "a word"
MARK = hashlib.sha256(WORD.encode()).hexdigest()[: wire.MARK]


@pytest.mark.parametrize("text", ["", "[]", "{}", "7", '["fact", 1]', "[" * 100_000, '["note"', "null"])
def test_what_is_no_event_is_noise(text: str) -> None:
    assert Marked(WORD).event(f"{MARK} 1 {text}").kind == "noise"


@pytest.mark.parametrize("number", ["²", "-1", "1" * 5000, "", "x"])
def test_a_number_of_no_line_is_noise(number: str) -> None:
    assert Marked(WORD).event(f'{MARK} {number} ["note", "x"]').kind == "noise"


@pytest.mark.parametrize(
    "words", [["end"], ["end", "x"], ["end", "²"], ["end", "-1"], ["left_out", ""], ["left_out", "1" * 5000]]
)
def test_a_count_that_is_none_ends_the_conversation(words: list[str]) -> None:
    with pytest.raises(Gap):
        Marked(WORD).event(f"{MARK} 1 {json.dumps(words)}")


def test_a_line_without_an_end_ends_the_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LONGEST", 1000)
    lines = Lines()
    assert list(lines.feed(b"a" * 900 + b"\n" + b"b" * 900)) == ["a" * 900]
    with pytest.raises(Gap):
        list(lines.feed(b"b" * 200))
