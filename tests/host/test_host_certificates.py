"""Certificates of a real sshd, made by ssh-keygen: what this tool takes and refuses, and that ssh does the same."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.acme import Acme
from tests.support.fab import until

NAME = "127.0.0.1"
SSH_REFUSES = 255


def keygen(*words: object) -> None:
    subprocess.run(["ssh-keygen", "-q", *map(str, words)], check=True, capture_output=True)


class Authority:
    """An authority, and the host whose keys it signs; nobody knows the host's plain keys."""

    def __init__(self, acme: Acme, folder: Path) -> None:
        self.acme, self.folder = acme, folder
        self.key = self.made("authority")
        self.trust(self.key)

    def made(self, name: str, kind: str = "ed25519") -> Path:
        keygen("-t", kind, "-N", "", "-C", name, "-f", self.folder / name)
        return self.folder / name

    def trust(self, key: Path, *lines: str) -> None:
        """known_hosts: this authority, for every name."""
        self.know(f"@cert-authority * {public(key)}", *lines)

    def know(self, *lines: str) -> None:
        self.acme.host.known_hosts_file.write_text("".join(f"{line}\n" for line in lines))

    def sign(self, *options: object, key: str = "host_key", by: Path | None = None, names: str = NAME) -> None:
        """Give the host a certificate, and restart its sshd with that key alone."""
        host = self.acme.host
        principals = ["-n", names] if names else []
        keygen("-s", by or self.key, "-I", "web1", *principals, *(options or ("-h",)), host.srv / f"{key}.pub")
        config = host.srv / "sshd_config"
        kept = [line for line in config.read_text().splitlines() if not line.startswith("Host")]
        config.write_text("\n".join([*kept, f"HostKey /srv/{key}", f"HostCertificate /srv/{key}-cert.pub", ""]))
        before = host.log().count("Server listening on")
        os.kill(host.sshd, signal.SIGHUP)
        until(lambda: host.log().count("Server listening on") > before)

    def by_ssh(self) -> int:
        """How OpenSSH's own client ends."""
        host = self.acme.host
        options = [f"UserKnownHostsFile={host.known_hosts_file}", "GlobalKnownHostsFile=none", "BatchMode=yes"]
        options += [f"IdentityFile={host.identity_file}", "StrictHostKeyChecking=yes"]
        words = ["ssh", "-F", "none", "-p", str(host.port), *(word for option in options for word in ("-o", option))]
        return subprocess.run([*words, f"ftsuser@{NAME}", "true"], capture_output=True, check=False).returncode

    def taken(self) -> None:
        assert self.by_ssh() == 0
        self.acme.fab("status")

    def refused(self, why: str) -> None:
        """Both refuse, and this tool before any login."""
        assert self.by_ssh() == SSH_REFUSES
        before = self.acme.host.log().count("Accepted")
        assert re.search(why, self.acme.fab("status", code=7).err)
        assert self.acme.host.log().count("Accepted") == before


def public(key: Path) -> str:
    return " ".join(key.with_name(f"{key.name}.pub").read_text().split()[:2])


@pytest.fixture
def authority(acme: Acme, tmp_path: Path) -> Authority:
    return Authority(acme, tmp_path)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_certificate_of_a_trusted_authority_is_enough(authority: Authority, kind: str) -> None:
    keygen("-t", kind, "-N", "", "-f", authority.acme.host.srv / "another")
    authority.sign(key="another")
    authority.taken()


@pytest.mark.parametrize(("kind", "options"), [("ecdsa", ()), ("rsa", ("-t", "rsa-sha2-256")), ("rsa", ("-t", "rsa-sha2-512"))])
def test_an_authority_may_have_another_kind_of_key(authority: Authority, kind: str, options: tuple[str, ...]) -> None:
    other = authority.made("other", kind)
    authority.trust(other)
    authority.sign("-h", *options, by=other)
    authority.taken()


def test_a_whole_deploy_trusts_a_certificate(authority: Authority) -> None:
    authority.sign()
    authority.acme.deploy()
    assert authority.acme.page() == "first"


def test_a_name_may_be_one_of_several(authority: Authority) -> None:
    authority.sign(names="web1,127.0.0.1")
    authority.taken()


def test_a_name_is_no_pattern(authority: Authority) -> None:
    authority.sign(names="127.0.0.*")
    authority.refused(r"is for '127\.0\.0\.\*', not for '127\.0\.0\.1'")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("-h", "-V", "20200101:20200102"), "'web1' expired at 2020-01-0"),
        (("-h", "-V", "20900101:20900102"), "'web1' is not valid before "),
        (("-V", "always:forever"), "is a user's, not a host's"),
        (("-h", "-O", "critical:odd=1"), "has a critical option that is unknown here: 'odd'"),
    ],
)
def test_a_certificate_that_does_not_show_it_is_refused(authority: Authority, options: tuple[str, ...], why: str) -> None:
    authority.sign(*options)
    authority.refused(why)


def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    authority.sign(names="web1,web2")
    authority.refused(r"is for 'web1', 'web2', not for '127\.0\.0\.1'")


def test_a_signature_with_sha_1_is_refused(authority: Authority) -> None:
    weak = authority.made("weak", "rsa")
    authority.trust(weak)
    authority.sign("-h", "-t", "ssh-rsa", by=weak)
    authority.refused("is signed with 'ssh-rsa', which is not safe")


def test_a_certificate_without_a_name_is_for_no_host(authority: Authority) -> None:
    """OpenSSH before 10.3 takes it for every host."""
    authority.sign(names="")
    assert "is for no name" in authority.acme.fab("status", code=7).err


def test_another_authority_is_refused(authority: Authority) -> None:
    authority.sign(by=authority.made("other"))
    authority.refused("is signed by another authority")


def test_an_authority_for_other_hosts_is_none_for_this_one(authority: Authority) -> None:
    authority.sign()
    authority.know(f"@cert-authority web* {public(authority.key)}")
    authority.refused("unknown host key")


def test_a_revoked_authority_is_refused_and_its_host_although_the_key_is_known(authority: Authority) -> None:
    authority.sign()
    authority.trust(authority.key, f"@revoked * {public(authority.key)}")
    authority.refused("the authority of its host certificate is revoked")
    authority.know(f"* {public(authority.acme.host.srv / 'host_key')}", f"@revoked * {public(authority.key)}")
    authority.acme.fab("status")  # no authority: no certificate is asked for
    assert authority.by_ssh() == SSH_REFUSES


def test_a_revoked_host_key_is_refused_with_a_good_certificate(authority: Authority) -> None:
    authority.sign()
    authority.trust(authority.key, f"@revoked * {public(authority.acme.host.srv / 'host_key')}")
    authority.refused("its host key is revoked")


def test_a_host_with_a_useless_certificate_is_judged_by_its_plain_key(authority: Authority) -> None:
    authority.sign("-h", "-V", "20200101:20200102")
    authority.trust(authority.key, f"* {public(authority.acme.host.srv / 'host_key')}")
    authority.taken()
    authority.trust(authority.key, f"* {public(authority.key)}")
    authority.refused("CHANGED")


def test_a_pin_wins_over_an_authority(authority: Authority) -> None:
    authority.sign()
    authority.acme.write(host_key=public(authority.key))
    assert "another host key than hosts.yml pins" in authority.acme.fab("status", code=7).err
    authority.acme.write(host_key=public(authority.acme.host.srv / "host_key"))
    authority.acme.fab("status")
