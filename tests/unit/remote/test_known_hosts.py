"""known_hosts as ssh reads it."""

import base64
import hashlib
import hmac
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import Unreachable
from tasks.remote.known_hosts import HostKey, HostKeys, KnownHost


def blob(kind: str = "ssh-ed25519", body: bytes = b"key") -> bytes:
    return len(kind).to_bytes(4, "big") + kind.encode() + body


def words(kind: str = "ssh-ed25519", body: bytes = b"key") -> str:
    return f"{kind} {base64.b64encode(blob(kind, body)).decode()}"


def keys(*lines: str) -> HostKeys:
    return HostKeys(known for line in lines if (known := KnownHost.parse(line)))


@pytest.mark.parametrize(
    ("patterns", "host", "known"),
    [
        ("web1", "web1", True),
        ("WEB1", "web1", True),
        ("web1,web2", "web2", True),
        ("web1", "web10", False),
        ("web?", "web1", True),
        ("*.example.com", "a.example.com", True),
        ("*.example.com", "example.com", False),
        ("*,!web1", "web1", False),
        ("*,!web1", "web2", True),
        ("!web1", "web2", False),
        ("web1.example", "web1xexample", False),
        ("[web1]:2222", "[web1]:2222", True),
        ("[web1]:2222", "web1", False),
        ("[web*]:2222", "[web1]:2222", True),
    ],
)
def test_a_line_speaks_of_the_hosts_its_patterns_match(patterns: str, host: str, known: bool) -> None:
    assert bool(keys(f"{patterns} {words()}").of(host)) is known


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.binary(min_size=20, max_size=20))
def test_a_hashed_name_is_known_by_its_hash_alone(host: str, salt: bytes) -> None:
    digest = hmac.digest(salt, host.encode(), hashlib.sha1)
    known = keys(f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()} {words()}")
    assert known.of(host)
    assert not known.of(f"{host}x")


def test_every_key_of_a_host_is_kept_two_of_one_type_too() -> None:
    known = keys(f"a {words(body=b'1')}", f"a {words(body=b'2')}", f"a {words('ssh-rsa')}", f"a {words(body=b'1')}")
    assert [key.blob for key in known.of("a")] == [blob(body=b"1"), blob(body=b"2"), blob("ssh-rsa")]


def test_marked_lines_are_known_by_their_marker_only() -> None:
    known = keys(f"@revoked a {words()}", f"@cert-authority a {words(body=b'ca')}")
    assert known.of("a") == ()
    assert [key.blob for key in known.of("a", "@revoked")] == [blob()]


@pytest.mark.parametrize(
    "line",
    ["", "# a comment", "a", "a ssh-ed25519", "a ssh-ed25519 !!!", f"a ssh-rsa {words().split()[1]}", "@revoked", "|1|x a b"],
)
def test_a_line_that_ssh_would_not_take_is_passed_over(line: str) -> None:
    assert KnownHost.parse(line) is None


@given(st.text(), st.text())
def test_no_line_and_no_host_is_too_odd_to_be_read(line: str, host: str) -> None:
    keys(line, f"{line} {words()}", f"|1|{line} {words()}").of(host)


def test_a_file_is_read_around_what_is_no_line_of_it(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_bytes(b"\xff\xfe\n" + f"garbage\na {words()}".encode())
    (key,) = HostKeys.read([tmp_path / "missing", path]).of("a")
    assert key.source == f"{path}:3"


@pytest.mark.parametrize("character", ["\u2028", "\x85", "\x0c", "\x0b", "\x1c", "\r"])
def test_only_a_newline_ends_a_line(tmp_path: Path, character: str) -> None:
    path = tmp_path / "known_hosts"
    path.write_bytes(f"b {words()} of somebody{character}a {words()}\nc {words()}\r\n".encode())
    known = HostKeys.read([path])
    assert known.of("a") == ()
    assert [key.source for host in ("b", "c") for key in known.of(host)] == [f"{path}:1", f"{path}:2"]


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="cannot be read"):
        HostKeys.read([tmp_path])


def test_the_fingerprint_is_the_one_that_ssh_shows() -> None:
    key = HostKey.parse("ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl")
    assert str(key) == "ssh-ed25519 SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"
