"""Is a host who it says it is? What known_hosts and hosts.yml know of its key, and the refusal when it is another.

Nobody is trusted on first use, bastions neither. A pin in hosts.yml is the only key taken for its host; a key that is
@revoked in known_hosts is refused even then.
"""

from collections.abc import Iterator, Sequence

import paramiko

from tasks.errors import Unreachable, UsageError, typed
from tasks.remote.known_hosts import HostKey, HostKeys, KnownHost
from tasks.remote.route import Hop

COMPARE = "compare the fingerprint with the one on the host's console (EC2: get-console-output)"


class Verification(paramiko.MissingHostKeyPolicy):
    """Decides on the key of one hop. The client is given no keys itself, so every key comes here, before any login."""

    def __init__(self, hop: Hop, keys: HostKeys) -> None:
        self.hop = hop
        self._keys = keys
        self._learn(None)

    def _learn(self, offered: HostKey | None) -> None:
        """What is known of the host; its KnownHostsCommand is asked, again where the answer depends on the `offered` key."""
        hop, keys = self.hop, self._keys
        keys = keys.more(self._told(offered))
        self.revoked = [key for name in hop.known_as for key in keys.of(name, "@revoked")]
        self.named = (_pin(hop.pin),) if hop.pin else keys.of(hop.known_as[0])
        self.trusted = self.named or tuple(key for name in hop.known_as[1:] for key in keys.of(name))

    def _told(self, offered: HostKey | None) -> Iterator[KnownHost]:
        for name in self.hop.known_as if self.hop.known_hosts_command else ():
            assert self.hop.known_hosts_command
            try:
                yield from self.hop.known_hosts_command.lines(name, offered, self.hop.timeout)
            except ValueError as error:
                raise Unreachable(f"{self.hop}: {error}", next=self.hop.ssh) from error

    def preferred(self, offered: Sequence[str]) -> tuple[str, ...]:
        """`offered` with the known types first: a host with several keys is asked for one that can be checked."""
        known = {name for key in self.trusted for name in key.signatures}
        return tuple(sorted(offered, key=lambda name: name not in known))

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:  # noqa: ARG002
        """Return when the key is the right one, else raise `Unreachable`."""
        offered = HostKey(key.asbytes())
        if self.hop.known_hosts_command and self.hop.known_hosts_command.depends_on_key:
            self._learn(offered)
        if offered in self.revoked:
            raise self._refusal("its host key is revoked in known_hosts", offered, "# do not connect; ask who revoked it")
        if offered in self.trusted:
            return
        if self.hop.pin:
            raise self._refusal("another host key than hosts.yml pins", offered, f"# {COMPARE}, then correct host_key")
        if self.named:
            raise self._refusal("the host key has CHANGED: another machine, or one in between", offered, self._renew())
        raise self._refusal("unknown host key", offered, self._accept())

    def _refusal(self, why: str, offered: HostKey, advice: str) -> Unreachable:
        files = ", ".join(f"{path}{'' if path.exists() else ' (missing)'}" for path in self.hop.known_hosts)
        files += f", KnownHostsCommand {self.hop.known_hosts_command.text}" if self.hop.known_hosts_command else ""
        known = [f"known:   {key} ({key.source})" for key in self.named] or [f"not in:  {files}"]
        return Unreachable(
            f"{self.hop}: {why}",
            details=[f"offered: {offered}", *known],
            state="the connection was closed before any login",
            next=advice,
        )

    def _accept(self) -> str:
        pin = "" if self.hop.bastion_of else ", or put it in hosts.yml as host_key"
        return f"{self.hop.ssh} # {COMPARE}, and accept it there{pin}"

    def _renew(self) -> str:
        files = {key.source.rpartition(":")[0] for key in self.named}
        forget = " && ".join(typed("ssh-keygen", "-R", self.hop.known_as[0], "-f", name) for name in sorted(files))
        return f"{forget} # only if the host was rebuilt; then {self._accept().replace(' # ', ', ')}"


def _pin(text: str) -> HostKey:
    kind, _, rest = text.strip().partition(" ")
    key = HostKey.parse(kind, (rest.split() or [""])[0], "host_key in hosts.yml")
    if key is None:
        raise UsageError(f"host_key is not a public key: {text!r}", next='# host_key: "ssh-ed25519 AAAA..." in hosts.yml')
    return key
