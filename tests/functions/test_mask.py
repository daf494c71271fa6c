"""Secrets are found whatever format their file has, and however a program writes them."""

import json
import re
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.host import output
from tasks.host.mask import LONGEST, Mask
from tasks.host.secrets import values
from tasks.view import words
from tests.support.secret_forms import WRITERS, formats

VALUE = "s3cr3t-Of/the+Site"
FORMATS = formats(VALUE)


@pytest.mark.parametrize("name", FORMATS)
def test_a_value_is_found_in_every_format(name: str) -> None:
    assert Mask(values(FORMATS[name]))(f"before {VALUE} after".encode()) == b"before **** after"


def test_escapes_of_pgpass_are_taken_away() -> None:
    assert "s3c:r3t\\Of" in values("db:5432:app:joe:s3c\\:r3t\\\\Of\n")


def test_a_key_and_a_word_of_anybody_are_no_values() -> None:
    found = values("APP_ENV=production\nuser_password=s3cr3t-of-it\nfield=user_password\nHOST: localhost\n")
    assert [value for value in found if len(value) >= 8] == ["s3cr3t-of-it"]


SECRETS = {"plain": "s3cr3t-of-the-site", "every sign": 'p@ss/w&rd"<é>%x y', "looks like a frame": "#abc!d|ef//g>h*i+j"}
SECRETS |= {"apostrophes": "it's-a-s3cr3t's", "words": "correct horse battery"}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_value_is_masked_however_it_is_written(secret: str, writer: str) -> None:
    masked = Mask([secret])(f"before {WRITERS[writer](secret)} after".encode()).decode()
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert "****" in masked
    left = masked.replace("before ", "").replace(" after", "").replace("****", "")
    assert secret[:6] not in left
    assert len(left) <= 130 if "base64" in writer else len(left) <= 20


def test_nothing_that_is_taken_away_on_a_screen_puts_a_value_together() -> None:
    letters = [chr(code) for code in range(1 << 17) if not 0xD800 <= code < 0xE000] + [
        chr(code) for code in range(0xE0000, 0xE0200)
    ]
    gone = [char for char in letters if "ab" in (words.clean(f"a{char}b"), output.clean(f"a{char}b".encode()))]
    assert len(gone) > 100
    text = "\n".join(f"s3cr3t-{char}of-it" for char in gone)
    assert Mask(["s3cr3t-of-it"])(text.encode()).replace(b"****", b"").strip() == b""


def test_a_long_value_is_masked_wherever_reads_end_and_is_held_back_no_further_than_a_piece_of_it() -> None:
    secret = "".join(chr(97 + number * number % 23) + str(number) for number in range(4000))
    mask, kept, passed = Mask([secret]), b"", b""
    for at in range(0, len(secret), 1000):
        done, kept = mask.begin(kept + secret[at : at + 1000].encode(), 64)
        passed += done
        assert len(kept) <= 4 * LONGEST
    assert set(passed + mask(kept)) == set(b"*")


def test_values_that_overlap_leave_nothing_of_either() -> None:
    assert Mask(["abcdefgh12", "gh12-3456"])(b"x abcdefgh12-3456 y") == b"x **** y"


def test_a_wrapped_value_is_masked_where_another_may_begin_after_it() -> None:
    done, kept = Mask(["first-secret", "second-secret"]).begin(b"x first-\nsecret second-\n", 64)
    assert (done, kept) == (b"", b"x first-\nsecret second-\n")


def in_reads(mask: Mask, text: bytes, ends: Iterable[int], piece: int) -> tuple[bytes, int]:
    """What is printed where reads end at these places, and the most that was held back."""
    passed, kept, last, most = [], b"", 0, 0
    for end in (*ends, len(text)):
        done, kept = mask.begin(kept + text[last:end], piece)
        passed.append(done)
        last, most = end, max(most, len(kept))
    return b"".join((*passed, mask(kept))), most


def stars(masked: bytes) -> bytes:
    """A value that reads end in may be masked in parts."""
    return re.sub(rb"\*+", b"*", masked)


LONG = "".join(chr(97 + number * number % 23) + str(number) for number in range(60))


@pytest.mark.parametrize("writer", WRITERS)
def test_a_value_is_masked_however_it_is_written_and_wherever_a_read_ends(writer: str) -> None:
    secret = LONG if "wrapped" in writer else SECRETS["plain"]
    text, mask = f"before {WRITERS[writer](secret)} after".encode(), Mask([secret])
    assert {stars(in_reads(mask, text, [end], 16)[0]) for end in range(len(text))} == {stars(mask(text))}


PREFIXES = st.sampled_from(["", "abab", "abcabcab", "abcabcabcc", "aaaaaaaaaaaaaaaa"])
ALIKE = st.lists(st.builds(str.__add__, PREFIXES, st.text("abc", min_size=8, max_size=12)), min_size=1, max_size=8)


def by_hand(values: list[str], text: str) -> str:
    """The longest value at every letter, in a text of letters, spaces and line feeds; what stands in one line is one word."""
    places = [at for at, letter in enumerate(text) if not letter.isspace()]
    letters = "".join(text.split())
    hidden: set[int] = set()
    for at in range(len(letters)):
        longest = max((len(value) for value in values if letters.startswith(value, at)), default=0)
        place = range(places[at], places[at + longest - 1] + 1) if longest else range(0)
        written = text[place.start : place.stop]
        hidden.update(place if "\n" in written or " " not in written else ())
    return "".join("*" if at in hidden else letter for at, letter in enumerate(text))


@given(ALIKE, st.data())
def test_of_values_that_begin_alike_the_longest_is_masked(values: list[str], data: st.DataObject) -> None:
    values += [value[:-1] for value in values if len(value) > 8]
    part = st.sampled_from(values) | st.sampled_from(values).map(lambda value: value[:-2]) | st.text("abc", max_size=3)
    between = st.sampled_from(["", "", "\n", " ", " \n"])
    text = "".join(data.draw(st.lists(st.builds(str.__add__, part, between), max_size=20)))
    expected = stars(by_hand(values, text).encode())
    assert stars(Mask(values)(text.encode())) == expected
    ends = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    assert stars(in_reads(Mask(values), text.encode(), ends, 16)[0]) == expected


def test_many_values_that_begin_alike_are_found_in_a_large_output() -> None:
    """Minutes, if each place at which they begin were compared with each of them, or if what is held back grew."""
    values = ["a" * length + "b" for length in range(8, LONGEST)] + [f"sk_live_{number:0200}" for number in range(20000)]
    lines, last = ("a" * 79 + "\n") * 4000, "a" * 80 + "b\n"
    near = "".join(f"sk_live_{number:0199}\n" for number in range(0, 20000, 10))
    text = f"{near}{lines}x\n{last}".encode()
    masked, most = in_reads(Mask(values), text, range(65536, len(text), 65536), 65536)
    assert masked == f"{near}{lines}x\n****\n".encode()
    assert most < 4 * LONGEST
    masked, most = in_reads(Mask(["a" * 8]), lines.encode(), range(65536, len(lines), 65536), 65536)
    assert set(masked) == set(b"*\n")
    assert most < 2 * 65536


def test_words_side_by_side_are_no_value() -> None:
    assert Mask(["thatisit-all"])(b"that isit -all") == b"that isit -all"


LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Zs", "Zl", "Zp"), exclude_characters="*")


@given(st.lists(st.text(LETTERS, min_size=8, max_size=30), min_size=1, max_size=5), st.lists(st.integers(0, 200), max_size=6))
def test_no_value_is_left_wherever_reads_end(secrets: list[str], cuts: list[int]) -> None:
    text = "\n".join(f"a {secret} b" for secret in secrets).encode()
    passed, _ = in_reads(Mask(secrets), text, sorted(cuts), 64)
    assert [secret for secret in secrets if secret.encode() in passed] == []


@pytest.mark.parametrize(
    "text", ["Shop \U0001f6d2 of it", "half a letter \ud83d", "\udc80 another half", "a byte of latin-1 \udcff"]
)
def test_no_letter_of_a_file_stops_anything(text: str) -> None:
    mask = Mask(values(json.dumps({"name": text})) | {text})
    assert mask(b"hello\n" + json.dumps(text).encode()).replace(b'"', b"") == b"hello\n****"
