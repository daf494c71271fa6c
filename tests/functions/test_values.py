"""What is a value of a runtime file, in a large one too."""

import json
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from tasks.host.build import runtime
from tasks.host.mask import Mask
from tasks.host.secrets import SHORTEST, text_of, values
from tests.functions.made import Made

VALUE = "s3cr3t-of-the-site"
ENCODED = {"utf-8": "utf-8", "with a BOM": "utf-8-sig", "utf-16": "utf-16", "utf-16 without one": "utf-16-le"}


@pytest.mark.parametrize("encoding", ENCODED.values(), ids=ENCODED)
@pytest.mark.parametrize("text", [f"A=1\nKEY={VALUE}\n", f"A=1\n\0\nKEY={VALUE}\0B=2"], ids=["lines", "with a NUL"])
def test_a_nul_and_an_encoding_hide_no_value(encoding: str, text: str) -> None:
    assert VALUE in values(text_of(text.encode(encoding)))


def test_what_is_no_text_has_no_values() -> None:
    assert text_of(b"\0" + bytes(range(128, 256)) * 9) == ""


def test_files_that_are_alike_are_looked_into_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [tmp_path / name for name in "abc"]
    for place in places:
        place.mkdir()
        (place / ".env.local").write_text(f"KEY={VALUE}\n" + ("OTHER=value-of-c\n" if place.name == "c" else ""))
    monkeypatch.setenv("HOME", str(tmp_path))
    read = mock.Mock(side_effect=values)
    monkeypatch.setattr(runtime, "values", read)
    run = Made(site={"runtime_files": [[".env.local", False]]})
    assert runtime.secrets_in(run, *map(str, places)) == {VALUE, "value-of-c"}
    assert read.call_count == 2


LONG: dict[str, Callable[[int], str]] = {
    "one word": lambda size: "KEYSTORE=" + "0a1b2c3d" * (size // 8),
    "pairs": lambda size: "LIST=" + ":".join(f"k{number}=v{number}" for number in range(size // 12)),
    "chained": lambda size: "U=" + "abcde=" * (size // 6),
    "PEM without an end": lambda size: "-----BEGIN CERTIFICATE-----\n" * (size // 28),
    "CDATA without an end": lambda size: "<![CDATA[" * (size // 9),
    "blanks": lambda size: "a= b" + " " * size + "c",
    "escaped quotes": lambda size: 'K="' + '\\"' * (size // 2),
    "JSON": lambda size: json.dumps({f"key-{number}": f"value-{number}" for number in range(size // 32)}),
    "names of others": lambda size: "A=$A$A$A$A\n" * (size // 11),
}


@pytest.mark.parametrize("kind", LONG)
def test_a_large_text_is_read_once(kind: str) -> None:
    """A rule that went back over what it has read would take hours, and end with the time of a test."""
    assert all(len(value) >= SHORTEST for value in values(LONG[kind](1 << 21)))


def test_hosts_users_and_words_stay_readable() -> None:
    text = (
        "DATABASE_URL=mysql://application:s3cr3t-of-it@database.example:3306/site\n"
        "DSN='pgsql:host=database.example;password=s3cr3t-of-it'\n"
        "BUNDLES=framework,doctrine,messenger\nTITLE='Welcome, administrators, and others'\n"
        "CACHE=redis://database.example:6379\n"
    )
    seen = "application framework messenger administrators of database.example:3306, others"
    assert Mask(values(text))(seen.encode()).decode() == seen
    assert "s3cr3t-of-it" in values(text)
