"""What YAML can do to a reader: each ends in a value or in one clear sentence, and soon."""

from collections.abc import Callable
from typing import Any

import pytest

from tasks.config.document import MOST_VALUES, Unreadable, read
from tasks.config.inventory import LARGEST_FILE, Inventory
from tasks.errors import UsageError

Refused = Callable[[str | bytes], UsageError]


def value(text: str) -> Any:
    found, mistakes = read(text.encode())
    assert mistakes == []
    return found


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a: [1\nb: 2", "line 2, column 2: expected ',' or ']', but got ':' (while parsing a flow sequence)"),
        ("a: b: c", "line 1, column 5: mapping values are not allowed here"),
        ("a:\n\tb: 1", "line 2, column 1: a tab, where YAML takes only spaces"),
        ("a: 'x", "line 1, column 6: found unexpected end of stream (while scanning a quoted scalar)"),
        ("a: *b", "line 1, column 4: found undefined alias 'b'"),
        ("a: 1\n---\nb: 2", "line 2, column 1: a second document begins: hosts.yml is one (remove the line ---)"),
        ("a: &b [*b]", "line 1, column 4: an alias names a value that it stands in itself"),
        ("&a {<<: *a}", "line 1, column 1: an alias names a value that it stands in itself"),
        ("a: {<<: 3}", "line 1, column 9: << takes a mapping, or a list of mappings, found a whole number"),
        ("a: !vault x", "line 1, column 4: the tag '!vault' is not read here: leave it out"),
        ("a: !!python/name:os.system x", "line 1, column 4: the tag '!!python/name:os.system' is not read here: leave it out"),
        ("a: !!set {x}", "line 1, column 4: the tag '!!set' is not read here: leave it out"),
        ("a: !!omap [x: y]", "line 1, column 4: the tag '!!omap' is not read here: leave it out"),
        ("a: !!int x", "line 1, column 4: the tag '!!int' is not read here: leave it out"),
        (r'a: "\Uffffffff"', r"an escape such as \Uffffffff stands for no character"),
        ("[" * 5000, "nested too deeply"),
        (b"a: 1\nb: \xff", "line 2: not UTF-8 text (byte 0xff)"),
        (b"a: 1\nb: \x00", "line 2: holds the control character U+0000"),
        (b"\x7fELF\x02\x01", "line 1: holds the control character U+007F"),
    ],
)
def test_what_is_not_yaml_is_told_with_line_and_column(content: str | bytes, sentence: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(content if isinstance(content, bytes) else content.encode())
    assert str(caught.value) == sentence


def test_a_syntax_error_names_the_file_and_changes_nothing(refused: Refused) -> None:
    error = refused("hosts: [")
    assert error.what.endswith(
        "hosts.yml: line 1, column 9: expected the node content, but found '<stream end>' (while parsing a flow node)"
    )
    assert error.state == "No host was touched."


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", "expected a mapping with hosts: in it, found nothing"),
        ("# only a comment\n", "expected a mapping with hosts: in it, found nothing"),
        ("- prod", "expected a mapping with hosts: in it, found a list"),
        ("prod", "expected a mapping with hosts: in it, found text"),
        ("{}", "hosts: expected a mapping that names at least one environment, found nothing"),
        ("hosts: {}", "hosts: expected a mapping that names at least one environment, found an empty one"),
        ("hosts: [prod]", "hosts: expected a mapping that names at least one environment, found a list"),
        ("hsots: {a: }", "hsots: is not a known key, did you mean hosts?"),
        ("defaults: [a]\nhosts: {a: {repository: x}}", "defaults: expected a mapping of settings, found a list"),
        ("hosts: {a: web1}", "hosts.a: expected a mapping of settings, found text"),
    ],
)
def test_a_document_of_another_shape_is_told(refused: Refused, content: str, line: str) -> None:
    assert line in refused(content).details


def test_a_key_given_twice_is_told_with_both_lines(refused: Refused) -> None:
    error = refused("hosts:\n  a:\n    repository: x\n    port: 22\n    env: {}\n    port: 23\n")
    assert error.details == ("hosts.a.port: given twice, in lines 4 and 6: keep one",)


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("8", "a whole number"),
        ("true", "true or false"),
        ("~", "nothing"),
        ("? [a, b]\n    ", "a list"),
        ("? {a: b}\n    ", "a mapping"),
    ],
)
def test_a_key_that_is_not_text_is_told_with_its_line(refused: Refused, key: str, found: str) -> None:
    error = refused(f"hosts:\n  a:\n    repository: x\n    {key}: 1\n")
    assert error.details == (f"hosts.a: the key in line 4 is {found}: put quotes around it",)


@pytest.mark.parametrize(("keys", "place"), [(r'env: {A: "\ud800"}', "env.A"), (r'repository: "\ud800"', "repository")])
def test_half_a_character_is_told_once_with_its_place(refused: Refused, keys: str, place: str) -> None:
    error = refused(f"defaults: {{repository: x}}\nhosts: {{a: {{{keys}}}}}")
    assert error.details == (rf"hosts.a.{place}: holds half a character (an escape from \ud800 to \udfff)",)


def test_two_halves_as_json_writes_them_are_one_character() -> None:
    assert value(r'"\ud83d\ude00"') == "😀"


def test_half_a_character_in_a_host_key_is_no_defect_of_this_tool(refused: Refused) -> None:
    half, key = refused(r'hosts: {a: {repository: x, host_key: "\ud800 x"}}').details
    assert half.startswith("hosts.a.host_key: holds half a character")
    assert key.startswith("hosts.a.host_key: expected a public host key")


@pytest.mark.parametrize("text", ["no", "on", "22:30", "2026-11-22", "0o17", "007", "1_000", "1e3", "=", ".inf"])
def test_text_that_only_some_readers_take_for_another_value_stays_text(text: str) -> None:
    assert value(f"[{text}]") == [text]


@pytest.mark.parametrize(("text", "meant"), [("true", True), ("True", True), ("FALSE", False), ("null", None), ("-7", -7)])
def test_text_that_every_reader_takes_for_another_value_is_that_value(text: str, meant: object) -> None:
    assert value(f"[{text}]") == [meant]


def test_a_file_with_a_byte_order_mark_is_read() -> None:
    assert read(b"\xef\xbb\xbfa: 1") == ({"a": 1}, [])


def test_aliases_and_merged_mappings_are_followed(inventory: Callable[[str], Inventory]) -> None:
    environment = inventory("""
        x-web: &web {live_link: site, keep_releases: 9}
        x-more: &more {keep_releases: 3, port: 2222}
        hosts: {a: {<<: [*web, *more], repository: x, port: 2200}}
        """).environment("a")
    assert (environment.live_link, environment.keep_releases, environment.port) == ("site", 9, 2200)


def test_aliases_of_aliases_are_refused_before_they_fill_the_memory() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 60))]
    with pytest.raises(Unreadable, match=f"more than {MOST_VALUES} values when its aliases are followed"):
        read("\n".join(lines).encode())


def test_merges_of_merges_are_refused_before_they_take_all_day() -> None:
    wide = "{" + ", ".join(f"k{n}: 1" for n in range(5_000)) + "}"
    chain = [f"a0: &a0 {wide}", *(f"a{n}: &a{n} {{<<: *a{n - 1}}}" for n in range(1, 100))]
    with pytest.raises(Unreadable, match=r"line \d+, column \d+: holds more than"):
        read("\n".join(chain).encode())


def test_a_file_that_is_far_too_large_is_refused(refused: Refused) -> None:
    assert refused(b"#" * (LARGEST_FILE + 1)).what.endswith("more than 4 MB, which no hosts.yml is")
