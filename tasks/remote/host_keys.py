"""Is a host who it says it is? What known_hosts and hosts.yml know of its key, and the refusal when it is another.

Nobody is trusted on first use, bastions neither. A pin in hosts.yml is the only key taken for its host; a key that is
@revoked in known_hosts is refused even then. Where a @cert-authority line names the host, a certificate is asked for first;
a host without a valid one is judged by its plain key, as ssh does it.
"""

import time
from collections.abc import Iterator, Sequence

import paramiko

from tasks.errors import Unreachable, UsageError, typed
from tasks.remote.algorithms import CERTIFICATE
from tasks.remote.certificate import Certificate
from tasks.remote.known_hosts import AUTHORITY, REVOKED, HostKey, HostKeys, KnownHost
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
        self.revoked = [key for name in hop.known_as for key in keys.of(name, REVOKED)]
        self.authorities = () if hop.pin else _first(hop.known_as, keys, AUTHORITY)
        self.named = (_pin(hop.pin),) if hop.pin else keys.of(hop.known_as[0])
        self.trusted = self.named or _first(hop.known_as, keys)

    def _told(self, offered: HostKey | None) -> Iterator[KnownHost]:
        for name in self.hop.known_as if self.hop.known_hosts_command else ():
            assert self.hop.known_hosts_command
            try:
                yield from self.hop.known_hosts_command.lines(name, offered, self.hop.timeout)
            except ValueError as error:
                raise Unreachable(f"{self.hop}: {error}", next=self.hop.ssh) from error

    def preferred(self, offered: Sequence[str]) -> tuple[str, ...]:
        """`offered` with those first that can be checked: certificates where there are authorities, then the known types."""
        known = {name for key in self.trusted for name in key.signatures}

        def rank(name: str) -> int:
            if name.endswith(CERTIFICATE):
                return 0 if self.authorities else 3
            return 1 if name in known else 2

        return tuple(sorted(offered, key=rank))

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:  # noqa: ARG002
        """Return when the key is the right one, else raise `Unreachable`."""
        offered, certificate = HostKey(key.asbytes()), _certificate(key)
        if self.hop.known_hosts_command and self.hop.known_hosts_command.depends_on_key:
            self._learn(offered)
        self._refuse_revoked(offered, certificate)
        if offered in self.trusted:
            return
        fault = self._fault(certificate) if self.authorities else "no authority"
        if fault:
            raise self._unproven(offered, fault)

    def _refuse_revoked(self, offered: HostKey, certificate: Certificate | ValueError | None) -> None:
        advice = "# do not connect; ask who revoked it"
        if offered in self.revoked:
            raise self._refusal("its host key is revoked in known_hosts", offered, advice)
        if isinstance(certificate, Certificate) and certificate.authority in self.revoked:
            signed = f"signed by: {certificate.authority}"
            raise self._refusal("the authority of its host certificate is revoked in known_hosts", offered, advice, signed)

    def _fault(self, certificate: Certificate | ValueError | None) -> str:
        """Why no authority vouches for the host's key; "" when one does."""
        if certificate is None:
            return "unknown host key, and no host certificate"
        if isinstance(certificate, ValueError):
            return f"its host certificate cannot be read: {certificate}"
        if certificate.authority not in self.authorities:
            return f"its host certificate is signed by another authority, {certificate.authority}"
        fault = certificate.fault(self.hop.known_as[-1], time.time())
        return fault and f"its host certificate {certificate.key_id!r} {fault}"

    def _unproven(self, offered: HostKey, fault: str) -> Unreachable:
        """The refusal of a key that is neither known nor vouched for."""
        if self.hop.pin:
            return self._refusal("another host key than hosts.yml pins", offered, f"# {COMPARE}, then correct host_key")
        if self.named:
            more = [f"besides: {fault}"] if self.authorities else []
            return self._refusal("the host key has CHANGED: another machine, or one in between", offered, self._renew(), *more)
        if self.authorities:
            return self._refusal(fault, offered, self._sign())
        return self._refusal("unknown host key", offered, self._accept())

    def _refusal(self, why: str, offered: HostKey, advice: str, *more: str) -> Unreachable:
        files = ", ".join(f"{path}{'' if path.exists() else ' (missing)'}" for path in self.hop.known_hosts)
        files += f", KnownHostsCommand {self.hop.known_hosts_command.text}" if self.hop.known_hosts_command else ""
        known = [f"known:   {key} ({key.source})" for key in self.named] or [f"not in:  {files}"]
        trusted = [f"authority: {key} ({key.source})" for key in self.authorities]
        return Unreachable(
            f"{self.hop}: {why}",
            details=[f"offered: {offered}", *known, *trusted, *more],
            state="the connection was closed before any login",
            next=advice,
        )

    def _sign(self) -> str:
        name = self.hop.known_as[-1]
        signs = typed("ssh-keygen", "-s", "AUTHORITY", "-h", "-I", name, "-n", name, "-V", "+52w", "KEY.pub")
        return f"{signs} # {COMPARE}, and let the authority sign its key"

    def _accept(self) -> str:
        pin = "" if self.hop.bastion_of else ", or put it in hosts.yml as host_key"
        return f"{self.hop.ssh} # {COMPARE}, and accept it there{pin}"

    def _renew(self) -> str:
        files = {key.source.rpartition(":")[0] for key in self.named}
        forget = " && ".join(typed("ssh-keygen", "-R", self.hop.known_as[0], "-f", name) for name in sorted(files))
        return f"{forget} # only if the host was rebuilt; then {self._accept().replace(' # ', ', ')}"


def _first(names: Sequence[str], keys: HostKeys, marker: str = "") -> tuple[HostKey, ...]:
    """The keys of the first name that has any: of the host with its port, and else without."""
    return next((found for name in names if (found := keys.of(name, marker))), ())


def _certificate(key: paramiko.PKey) -> Certificate | ValueError | None:
    """The certificate that came with a key; the ValueError of one that cannot be read."""
    if key.public_blob is None:
        return None
    try:
        return Certificate.parse(key.public_blob.key_blob)
    except ValueError as error:
        return error


def _pin(text: str) -> HostKey:
    kind, _, rest = text.strip().partition(" ")
    key = HostKey.parse(kind, (rest.split() or [""])[0], "host_key in hosts.yml")
    if key is None:
        raise UsageError(f"host_key is not a public key: {text!r}", next='# host_key: "ssh-ed25519 AAAA..." in hosts.yml')
    return key
