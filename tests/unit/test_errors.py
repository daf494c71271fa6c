"""Exit codes are the interface to scripts; an error says what, where, the state, and what to type."""

import pytest
from invoke.exceptions import Exit

from tasks import errors
from tasks.errors import NotReleased, ReleaseError
from tasks.view.words import clean

CONTRACT = {
    errors.UsageError: 2,
    errors.NotReleased: 3,
    errors.LiveButFailed: 4,
    errors.PutBack: 5,
    errors.Busy: 6,
    errors.Unreachable: 7,
    errors.OutcomeUnknown: 8,
    errors.HostsDiffer: 9,
    errors.Interrupted: 130,
}


def test_every_error_has_the_exit_code_of_the_contract() -> None:
    assert {kind: kind("what").code for kind in ReleaseError.__subclasses__()} == CONTRACT


@pytest.mark.parametrize("kind", CONTRACT)
def test_an_error_ends_fab_with_its_code(kind: type[ReleaseError]) -> None:
    assert issubclass(kind, Exit)


def test_an_error_reads_what_then_details_then_state_then_next() -> None:
    error = NotReleased("it broke", state="Live: a.", next="fab -H prod status", details=["one", "two"])
    assert str(error) == "it broke\n  one\n  two\nLive: a.\nnext: fab -H prod status"


def test_an_error_leaves_out_what_it_does_not_know() -> None:
    assert str(NotReleased("it broke")) == "it broke"


@pytest.mark.parametrize(
    "word", ["a b", "k\u00a0h", "it's\u00a0\\", "\u2028", "\udcff", "\u202etxt.exe", "tab\there", "\u00e9 %"]
)
def test_a_word_that_is_typed_is_shown_whole_and_is_that_word_to_bash(word: str) -> None:
    line = errors.typed("printf", "%s", word)
    assert clean(line) == line
    if "$'" in line:
        escaped = line.partition("$'")[2][:-1].encode()
        assert escaped.decode("unicode_escape").encode("latin-1") == word.encode("utf-8", "surrogateescape")
