"""A hosts.yml that nobody meant: what lies in its place, how it is encoded, how much of it there is. Each is told, and soon."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.config.document import Unreadable, read
from tasks.config.inventory import LARGEST_FILE, MOST_LINES, Inventory, find_hosts_file, load
from tasks.errors import UsageError

Refused = Callable[[str | bytes], UsageError]
ONE = "hosts: {a: {repository: x}}"


def told(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        load(path)
    assert caught.value.state == "No host was touched."
    return caught.value.what


def test_a_fifo_in_its_place_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "hosts.yml")
    assert told(tmp_path / "hosts.yml").endswith("hosts.yml: not a file, so it is not read")


@pytest.mark.parametrize("target", ["nowhere", "hosts.yml"])
def test_a_link_that_leads_nowhere_is_told(tmp_path: Path, target: str) -> None:
    (tmp_path / "hosts.yml").symlink_to(target)
    assert "cannot be read: " in told(tmp_path / "hosts.yml")


def test_a_name_that_no_file_can_have_is_told(tmp_path: Path) -> None:
    assert "cannot be read: File name too long" in told(tmp_path / ("h" * 300))


def test_a_home_that_nobody_has_is_a_path_like_any_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOSTS_FILE", "~no such user/hosts.yml")
    assert "No such file" in told(find_hosts_file("prod", tmp_path))


@pytest.mark.parametrize(
    ("encoding", "sentence"),
    [
        ("utf-16", "line 1: not UTF-8 text (byte 0xff) but UTF-16: save it as UTF-8"),
        ("utf-16-le", "line 1: not UTF-8 text (byte 0xe9)"),
        ("latin-1", "line 1: not UTF-8 text (byte 0xe9)"),
    ],
)
def test_another_encoding_is_told(encoding: str, sentence: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(f"{ONE} # café".encode(encoding))
    assert str(caught.value) == sentence


def test_text_that_is_full_of_nothing_is_told() -> None:
    with pytest.raises(Unreadable, match=r"line 1: holds the control character U\+0000"):
        read(ONE.encode("utf-16-le"))


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\x85"])
def test_lines_end_as_any_system_ends_them(inventory: Callable[[str], Inventory], ends: str) -> None:
    assert list(inventory(f"hosts:{ends}  a:{ends}    repository: x{ends}").environments) == ["a"]


@pytest.mark.parametrize("content", ["[" * LARGEST_FILE, "{a: " * 60_000, "- " * 120_000, "? " * 120_000])
def test_depth_ends_in_a_sentence(content: str) -> None:
    with pytest.raises(Unreadable, match="nested too deeply"):
        read(content[:LARGEST_FILE].encode())


@pytest.mark.parametrize("name", ["keep_releases", "step_timeout", "port"])
@pytest.mark.parametrize("number", ["9" * 5_000, "-1", "1e9", ".inf", ".nan", "0x10", "0o17", "1_000", "1.5", "12:30"])
def test_a_number_that_is_none_or_too_large_is_told_in_one_short_line(refused: Refused, name: str, number: str) -> None:
    (line,) = refused(f"hosts: {{a: {{repository: x, {name}: {number}}}}}").details
    assert line.startswith(f"hosts.a.{name}: expected ")
    assert len(line) < 100


def test_a_step_takes_a_day_at_the_most(refused: Refused) -> None:
    error = refused("hosts: {a: {repository: x, step_timeout: 86401}}")
    assert error.details == ("hosts.a.step_timeout: expected 86400 or less, found 86401",)


@pytest.mark.parametrize("text", ["!" + "t" * 100_000 + " x", "a: *" + "b" * 100_000, f"? {'k' * 200_000}"])
def test_a_very_long_word_is_not_repeated_whole(refused: Refused, text: str) -> None:
    assert len(str(refused(text))) < 1_000


def test_thousands_of_mistakes_are_told_by_the_first_of_them(refused: Refused) -> None:
    error = refused(f"hosts: {{a: {{repository: x, {', '.join(f'zz{n}: 1' for n in range(5_000))}}}}}")
    assert error.what.endswith("has 5000 mistakes")
    assert len(error.details) == MOST_LINES + 1
    assert error.details[-1] == f"and {5_000 - MOST_LINES} more"


def test_thousands_of_links_and_files_are_read(inventory: Callable[[str], Inventory]) -> None:
    links = ", ".join(f"l{n}/x: /t" for n in range(4_000))
    files = ", ".join(f"f{n}/.env" for n in range(4_000))
    found = inventory(f"hosts: {{a: {{repository: x, persistent_links: {{{links}}}, runtime_files: [{files}]}}}}")
    assert len(found.environment("a").persistent_links) == len(found.environment("a").runtime_files) == 4_000


def test_a_file_or_a_link_inside_a_link_is_told_with_the_nearest(refused: Refused) -> None:
    error = refused("hosts: {a: {repository: x, persistent_links: {b: /t, b/c: /t, b/c/d: /t}, runtime_files: [b/c/e, bc]}}")
    assert error.details == (
        "hosts.a.persistent_links.b/c: lies in 'b', which is a persistent link itself",
        "hosts.a.persistent_links.b/c/d: lies in 'b/c', which is a persistent link itself",
        "hosts.a.runtime_files[0]: the file 'b/c/e' lies in the persistent link 'b/c', where it is already",
    )


PIECES = st.sampled_from(
    (
        *(
            "hosts:",
            "defaults:",
            " ",
            "\n",
            "  ",
            "a: ",
            "- ",
            "? ",
            "&a ",
            "*a",
            "<<: ",
            "<<: *a",
            "{",
            "}",
            "[",
            "]",
            ", ",
            "'",
        ),
        *('"', "|", ">", "|2-", "!!", "!!python/object:os.system ", "!<x> ", "%YAML 9.9", "---\n", "...", "#", "\t", "\ufeff"),
        *("\\", "~", "repository: x", "keep_releases: ", "on", "007", "9" * 30, ".nan", "\x85", "\u2028", "\0", "2026-11-23"),
    )
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_whatever_is_made_of_the_pieces_of_yaml_ends_in_a_value_or_a_sentence(text: str) -> None:
    said = ""
    try:
        read(text.encode())
    except Unreadable as error:
        said = str(error)
    assert said.isprintable()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://me%3Ahunter2@example.com/a.git", "holds a password or token"),
        ("https://%67hp_0123456789@github.com/a.git", "holds a password or token"),
        ("https://example.com/a.git?private_token=hunter2", "holds a password or token"),
        ("git@h:a\\nb", "expected a URL or a path, without control characters"),
        (" ", "and without blanks around it"),
        ("git@h:a ", "and without blanks around it"),
    ],
)
def test_a_repository_is_a_url_that_holds_no_secret(refused: Refused, url: str, words: str) -> None:
    (line,) = refused(f'hosts: {{prod: {{repository: "{url}"}}}}').details
    assert line.startswith("hosts.prod.repository: ")
    assert words in line
    assert "hunter2" not in line
