"""What sudo lists decides whether a command would be asked for a password; sudo's own yes does not."""

import pytest

from tasks.host.services.sudo import escaped, is_free

HEAD = """\
Matching Defaults entries for ubuntu on web1:
    env_reset, mail_badpass, secure_path=/usr/local/sbin\\:/usr/local/bin\\:/usr/bin, use_pty{defaults}

User ubuntu may run the following commands on web1:
"""
WC = "/usr/bin/wc /etc/passwd"


def listed(*rules: tuple[str, str, str], defaults: str = "") -> list[str]:
    """What `sudo -ll` prints for rules: who they are for, their options, and their commands, one a line."""
    text = HEAD.format(defaults=defaults)
    for users, options, commands in rules:
        text += f"\nSudoers entry:\n    RunAsUsers: {users}\n"
        text += f"    Options: {options}\n" * bool(options) + "    Commands:\n"
        text += "".join(f"\t{command}\n" for command in commands.split("\n"))
    return text.splitlines()


ASKING = ("ALL", "", "ALL")


@pytest.mark.parametrize(
    ("rules", "free"),
    [
        ([("ALL", "!authenticate", "ALL")], True),
        ([ASKING], False),
        ([ASKING, ("root", "!authenticate", "/usr/bin/id")], False),
        ([ASKING, ("root", "!authenticate", WC)], True),
        ([("root", "!authenticate", WC), ASKING], False),
        ([ASKING, ("root", "!authenticate", "/usr/bin/wc")], True),
        ([ASKING, ("root", "!authenticate", "/usr/bin/wc /etc/shadow")], False),
        ([ASKING, ("root", "!authenticate", "/usr/bin/w? /etc/pass*")], True),
        ([ASKING, ("root", "!authenticate", "/usr/bin/[v-x]c /etc/passwd")], True),
        ([ASKING, ("root", "!authenticate", "/usr/bin/[!w]c /etc/passwd")], False),
        ([ASKING, ("root", "!authenticate", "/usr/bin/wc \\/etc/passwd")], True),
        ([ASKING, ("root", "!authenticate", "/usr/bin/[wc /etc/passwd")], False),
        ([ASKING, ("root", "!authenticate", "/usr/bin/id\n/usr/bin/wc")], True),
        ([("root", "!authenticate", "/usr/bin/id"), ("root", "authenticate", "/usr/bin/wc")], False),
        ([ASKING, ("www-data", "!authenticate", WC)], False),
        ([ASKING, ("www-data, root", "!authenticate", WC)], True),
        ([ASKING, ("%admin", "!authenticate", WC)], True),
        ([ASKING, ("root", "!authenticate, setenv", "/usr/bin/wcs")], False),
    ],
)
def test_the_last_rule_that_matches_decides(rules: list[tuple[str, str, str]], free: bool) -> None:
    assert is_free(listed(*rules), "root", WC) == free


def test_a_default_is_for_every_command() -> None:
    assert is_free(listed(ASKING, defaults=", !authenticate"), "root", WC)


def test_a_rule_that_sudoers_escapes_is_read_as_it_was_meant() -> None:
    rule = ("root", "!authenticate", r"/usr/bin/stat --format\=%N -- /proc/[0-9]*")
    assert is_free(listed(ASKING, rule), "root", "/usr/bin/stat --format=%N -- /proc/1/cwd /proc/2/exe")
    assert not is_free(listed(ASKING, rule), "root", "/usr/bin/stat --format=%N -- /etc/shadow")


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("/run/a, b=c", r"/run/a\, b\=c"),
        ("worker@*", r"worker@\*"),
        ("[a]?!", r"\[a\]\?\!"),
        ('#"x:y', r"\#\"x\:y"),
        ("a\\b", r"a\\\\b"),
        ("plain-1.service", "plain-1.service"),
    ],
)
def test_a_word_of_a_rule_is_that_word_and_no_other(word: str, text: str) -> None:
    assert escaped(word) == text
