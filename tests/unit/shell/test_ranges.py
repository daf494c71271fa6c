"""Ranges of versions, as Composer and npm write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.shell.lib.check.ranges import meets, version

VERSIONS = st.tuples(st.integers(0, 12), st.integers(0, 30), st.integers(0, 30))


def dotted(have: tuple[int, int, int]) -> str:
    return ".".join(map(str, have))


@pytest.mark.parametrize(
    ("wanted", "within", "outside"),
    [
        ("8.2.5", ["8.2.5"], ["8.2.4", "8.2.6"]),
        ("^8.1", ["8.1.0", "8.4.2"], ["8.0.30", "9.0.0"]),
        ("^0.3.1", ["0.3.1", "0.3.9"], ["0.3.0", "0.4.0"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4"]),
        ("~8.1.4", ["8.1.4", "8.1.9"], ["8.1.3", "8.2.0"]),
        (">=8.1 <8.4", ["8.1.0", "8.3.20"], ["8.0.9", "8.4.0"]),
        (">= 8.1, < 8.4", ["8.3.20"], ["8.4.0"]),
        ("8.2.*", ["8.2.0", "8.2.9"], ["8.1.9", "8.3.0"]),
        ("8.x", ["8.0.0", "8.9.0"], ["9.0.0"]),
        ("8.1 - 8.2.5", ["8.1.0", "8.2.5"], ["8.2.6"]),
        ("^7.4 || ^8.1", ["7.4.1", "8.2.0"], ["8.0.0"]),
        ("7.4.* | 8.1.*", ["8.1.1"], ["8.2.0"]),
        ("!=8.2.1", ["8.2.0", "8.2.2"], ["8.2.1"]),
        (">8.2.0", ["8.2.1"], ["8.2.0"]),
        ("<=8.2.0", ["8.2.0"], ["8.2.1"]),
        ("v1.2.3", ["1.2.3"], ["1.2.4"]),
        ("^8.1@stable", ["8.2.0"], ["9.0.0"]),
        (">=8.1.0-dev", ["8.1.0"], ["8.0.0"]),
        ("*", ["0.0.1", "99.0.0"], []),
    ],
)
def test_both_read_these_alike(wanted: str, within: list[str], outside: list[str]) -> None:
    for npm in (False, True):
        assert [meets(version(each), wanted, npm=npm) for each in within + outside] == [True] * len(within) + [False] * len(
            outside
        )


@pytest.mark.parametrize(("have", "composer", "npm"), [("1.3.0", True, False), ("1.2.7", True, True)])
def test_a_tilde_before_two_numbers_reaches_further_for_composer(have: str, composer: bool, npm: bool) -> None:
    assert (meets(version(have), "~1.2"), meets(version(have), "~1.2", npm=True)) == (composer, npm)


def test_two_numbers_are_one_version_for_composer_and_a_range_for_npm() -> None:
    assert (meets((1, 2, 5), "1.2"), meets((1, 2, 5), "1.2", npm=True)) == (False, True)
    assert (meets((1, 3, 0), ">1.2"), meets((1, 2, 5), ">1.2", npm=True)) == (True, False)


@pytest.mark.parametrize("wanted", ["", "latest", "dev-master", "lts/*", "8.1 or newer", "workspace:*"])
def test_what_is_no_range_is_not_judged(wanted: str) -> None:
    assert meets((8, 2, 0), wanted) is None


def test_one_range_that_is_met_is_enough_beside_one_that_cannot_be_read() -> None:
    assert meets((8, 2, 0), "latest || ^8") is True
    assert meets((9, 0, 0), "latest || ^8") is None


@given(VERSIONS)
def test_a_version_meets_itself_and_every_range_that_begins_with_it(have: tuple[int, int, int]) -> None:
    assert all(meets(have, sign + dotted(have), npm=npm) for sign in ("", "=", ">=", "<=", "^", "~") for npm in (False, True))
    assert not any(meets(have, sign + dotted(have), npm=npm) for sign in (">", "<", "!=") for npm in (False, True))


@given(VERSIONS, VERSIONS)
def test_the_signs_agree_with_the_order_of_versions(have: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    assert meets(have, "<" + dotted(other)) == (have < other)
    assert meets(have, ">=" + dotted(other)) == (have >= other)
    assert meets(have, f">{dotted(other)} || <={dotted(other)}") is True


@given(st.text(st.sampled_from("0123456789.^~<>=!|,- xX*v@ab"), max_size=25))
def test_no_text_stops_the_reader(wanted: str) -> None:
    assert meets((8, 2, 0), wanted) in (True, False, None)


@pytest.mark.parametrize(
    ("said", "found"),
    [("PHP 8.2.36 (cli)", (8, 2, 36)), ("1.4.5\n", (1, 4, 5)), ("v20.11", (20, 11, 0)), ("none", (0, 0, 0))],
)
def test_the_version_of_a_program_is_the_first_that_it_says(said: str, found: tuple[int, int, int]) -> None:
    assert version(said) == found
