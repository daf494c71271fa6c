"""What sshd, PAM and a login shell say themselves when they let nobody in is what is printed, with advice that fits."""

import shlex
import socket

import pytest

from tests.support.acme import Acme
from tests.support.fab import until


def reload(acme: Acme, *lines: str) -> None:
    """Let sshd read its settings again, with these lines."""
    begun = acme.host.log().count("Server listening on")
    acme.host.sh(f"printf '%s\\n' {shlex.join(lines)} >>/srv/sshd_config; kill -HUP $(pgrep -o -x sshd)")
    until(lambda: acme.host.log().count("Server listening on") == begun + 1)


def test_a_host_with_too_many_logins_that_have_just_begun_says_so(acme: Acme) -> None:
    reload(acme, "MaxStartups 1", "LoginGraceTime 60")
    with socket.create_connection(("127.0.0.1", acme.host.port)) as first:
        first.recv(100)
        said = acme.fab("status", code=7).err
    assert "the host said: Exceeded MaxStartups" in said
    assert "no SSH server" not in said


@pytest.fixture
def pam(acme: Acme) -> Acme:
    """A host whose sshd asks PAM, as those of Debian and Ubuntu do."""
    acme.host.sh("sed -i 's/^UsePAM no/UsePAM yes/' /srv/sshd_config && kill -HUP $(pgrep -o -x sshd)")
    until(lambda: acme.host.log().count("Server listening on") == 2)
    return acme


def test_nologin_of_pam_is_shown(pam: Acme) -> None:
    pam.host.write("/etc/nologin", "Closed for maintenance until nine.\n", "root")
    said = pam.fab("status", code=7).err
    assert "Closed for maintenance until nine." in said
    assert "too many keys" not in said


def test_nologin_without_pam_is_shown_and_no_start_up_file_is_blamed(acme: Acme) -> None:
    acme.host.write("/etc/nologin", "Closed for maintenance until nine.\n", "root")
    said = acme.fab("status", code=7).err
    assert "Closed for maintenance until nine." in said
    assert ".bashrc" not in said


def test_an_account_that_has_expired_is_shown(pam: Acme) -> None:
    pam.host.sh("chage -E 1 ftsuser")
    said = pam.fab("status", code=7).err
    assert "Your account has expired" in said
    assert "too many keys" not in said


def test_a_password_that_has_expired_is_shown(pam: Acme) -> None:
    pam.host.sh("echo ftsuser:a-password | chpasswd && chage -d 0 ftsuser")
    said = pam.fab("status", code=7).err
    assert "password" in said.lower()
    assert "chage" in said


@pytest.mark.parametrize(
    ("shell", "words"),
    [("/usr/sbin/nologin", "This account is currently not available."), ("/usr/bin/git-shell", "unrecognized command")],
)
def test_a_shell_that_takes_nothing_is_named(acme: Acme, shell: str, words: str) -> None:
    acme.host.sh(f"usermod --shell {shell} ftsuser")
    said = acme.fab("status", code=7).err
    assert words in said
    assert "getent passwd ftsuser" in said
    assert ".bashrc" not in said
