"""What a host says is safe on a screen, and times read well."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.view.words import clean, duration


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
@example("\x1b]0;title\x07")
@example("\x9b31m")
@example("a\r\nb\x85c\u2028d")
def test_cleaned_text_is_printable(text: str) -> None:
    assert clean(text).isprintable()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;title\x07after", "after"),
        ("  indented\tand tabbed  ", "  indented and tabbed"),
        ("gpj\u202eexe", "gpjexe"),
        ("schön 日本", "schön 日本"),
        ("[red]x[/]", "[red]x[/]"),
    ],
)
def test_clean_takes_only_what_moves_a_screen(said: str, shown: str) -> None:
    assert clean(said) == shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.0 s"),
        (0.34, "0.3 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (65, "1 min 05 s"),
        (3599.6, "1 h 00 min"),
        (3725, "1 h 02 min"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words
