"""KnownHostsCommand of ssh_config: a program that prints lines of known_hosts."""

import base64
import shlex
from typing import NamedTuple

from tasks.remote.known_hosts import HostKey, KnownHost, lines_of
from tasks.remote.program import run
from tasks.remote.settings import OF_KEYS, expanded

ORDER, HOSTNAME = "ORDER", "HOSTNAME"


class KnownHostsCommand(NamedTuple):
    """The command as it is written, and the tokens that are known before a key is offered."""

    text: str
    tokens: tuple[tuple[str, str], ...]

    @property
    def depends_on_key(self) -> bool:
        """Whether it must be run again for the key that a server offers."""
        return any(f"%{token}" in self.text.replace("%%", "") for token in OF_KEYS if token != "H")  # noqa: S105

    def lines(self, host: str, key: HostKey | None, seconds: float) -> tuple[KnownHost, ...]:
        """What it knows of `host`; before its `key` is offered, to put the types of keys in order.

        Raises ValueError where it fails or does not end within `seconds`.
        """
        kind, fingerprint = str(key).split() if key else ("NONE", "NONE")
        offered = {
            "f": fingerprint,
            "H": host,
            "I": HOSTNAME if key else ORDER,
            "K": base64.b64encode(key.blob).decode() if key else "NONE",
            "t": kind,
        }
        words = [expanded("KnownHostsCommand", word, {**dict(self.tokens), **offered}) for word in shlex.split(self.text)]
        code, out, said = run(words, seconds)
        if code is None:
            raise ValueError(f"KnownHostsCommand {self.text} did not end within {seconds:g} s")
        if code:
            raise ValueError(f"KnownHostsCommand {self.text} ended with {code}: {said.strip() or 'it printed nothing'}")
        return tuple(lines_of(out, f"KnownHostsCommand {words[0]}"))
