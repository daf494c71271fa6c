"""One request of a load: when it was sent, and what came of it. What is no whole body is no answer, whatever its status."""

import hashlib
import re
from dataclasses import dataclass

END = "<!-- end -->\n"
ASSETS = "/build/"


@dataclass(frozen=True)
class Said:
    """What an answer says."""

    failure: str = ""  # why it is none; "" when it is a whole one
    release: str = ""  # that a page names
    assets: tuple[str, ...] = ()  # that a page names
    ping: str = ""  # the message that it sent
    digest: str = ""  # of the body of an asset


@dataclass(frozen=True)
class Request:
    """Times are of the machine's monotonic clock, in seconds; of a request that was sent twice, `started` is the second."""

    kind: str
    path: str
    started: float
    ended: float
    retried: bool
    said: Said

    @property
    def is_asset(self) -> bool:
        """Is it for a file with a hashed name, and not for a page?"""
        return self.path.startswith(ASSETS)


def read(path: str, status: int, body: bytes) -> Said:
    """What an answer to a path says: an asset is known by its path, every other body is a page, and ends with END."""
    if status != 200:
        return Said(f"status {status}")
    if not body.strip():
        return Said("an empty body")
    if path.startswith(ASSETS):
        return Said(digest=hashlib.sha256(body).hexdigest())
    text = body.decode("utf-8", "replace")
    if not text.endswith(END):
        return Said("a body without its end")
    release, ping = re.search(r"\brelease ([\w.-]+)", text), re.match(r"sent (\w+)", text)
    if not release and not ping:
        return Said("a body that names no release")
    return Said(
        release=release[1] if release else "",
        ping=ping[1] if ping else "",
        assets=tuple(re.findall(r'"(/build/[\w.-]+)"', text)),
    )
