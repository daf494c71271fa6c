"""What known_hosts files say, read as ssh reads them.

Not by Paramiko, which knows no wildcards and no markers, keeps one key a type, and raises at a malformed line.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tasks.errors import Unreachable, typed

AUTHORITY, REVOKED = "@cert-authority", "@revoked"
RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256")


@dataclass(frozen=True, slots=True)
class HostKey:
    """A host's public key, and where it is known from."""

    blob: bytes
    source: str = field(default="", compare=False)

    @classmethod
    def parse(cls, kind: str, encoded: str, source: str = "") -> "HostKey | None":
        """Read the two words of a public key; None when they are not one."""
        try:
            blob = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return None
        key = cls(blob, source)
        return key if key.kind == kind else None

    @property
    def kind(self) -> str:
        """Its type, ssh-ed25519 say: the first string of what goes over the wire."""
        return self.blob[4 : 4 + int.from_bytes(self.blob[:4], "big")].decode("ascii", "replace")

    @property
    def signatures(self) -> tuple[str, ...]:
        """The names under which a key of this type is asked for."""
        return RSA_SIGNATURES if self.kind == "ssh-rsa" else (self.kind,)

    def __str__(self) -> str:
        """Type and fingerprint, as ssh-keygen -l and a cloud console show them."""
        digest = base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")
        return f"{self.kind} SHA256:{digest}"


class KnownHost(NamedTuple):
    """One line of known_hosts."""

    marker: str
    patterns: tuple[str, ...]
    key: HostKey

    @classmethod
    def parse(cls, line: str, source: str = "") -> "KnownHost | None":
        """Read one line; None for a comment, and for what ssh would not understand either."""
        words = [word for word in re.split(r"[ \t]+", line.rstrip("\r\n")) if word]
        marker = words.pop(0) if words and words[0].startswith("@") else ""
        if len(words) < 3 or words[0].startswith("#"):
            return None
        key = HostKey.parse(words[1], words[2], source)
        return cls(marker, tuple(words[0].split(",")), key) if key else None

    def names(self, host: str) -> bool:
        """Whether this line speaks of `host`: one pattern matches it, and no negated one does."""
        denied = any(_matches(pattern[1:], host) for pattern in self.patterns if pattern.startswith("!"))
        return not denied and any(_matches(pattern, host) for pattern in self.patterns)


class HostKeys:
    """All that known_hosts files say."""

    def __init__(self, lines: Iterable[KnownHost] = ()) -> None:
        self._lines = tuple(lines)

    @classmethod
    def read(cls, files: Iterable[Path]) -> "HostKeys":
        """Read the files that exist."""
        return cls(line for path in files for line in _lines(path))

    def more(self, lines: Iterable[KnownHost]) -> "HostKeys":
        """With these lines too."""
        return HostKeys((*self._lines, *lines))

    def of(self, host: str, marker: str = "") -> tuple[HostKey, ...]:
        """The keys that `host` is known by, or those of the lines for it that have this marker."""
        return tuple(dict.fromkeys(line.key for line in self._lines if line.marker == marker and line.names(host)))


def _lines(path: Path) -> Iterator[KnownHost]:
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return
    except OSError as error:
        raise Unreachable(f"{path} cannot be read: {error.strerror}", next=typed("ls", "-l", str(path))) from error
    yield from lines_of(text, str(path))


def lines_of(text: str, source: str) -> Iterator[KnownHost]:
    """The lines of a known_hosts: only a newline ends one, as ssh has it."""
    for number, line in enumerate(text.split("\n"), 1):
        if known := KnownHost.parse(line, f"{source}:{number}"):
            yield known


def _matches(pattern: str, host: str) -> bool:
    if pattern.startswith("|1|"):
        return _hash_matches(pattern, host)
    wild = re.escape(pattern.lower()).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(wild, host.lower()) is not None


def _hash_matches(pattern: str, host: str) -> bool:
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in pattern.split("|")[2:])
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.digest(salt, host.encode(), "sha1"), digest)
