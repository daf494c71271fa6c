"""check: does a build outlive the link of its workstation?"""

import pytest

from tasks.phases.check import check
from tests.functions.check.conftest import Machine, lines
from tests.support.lines import Lines
from tests.unit.made import environment


def checked(machine: Machine, *settings: str) -> Lines:
    machine.program("systemd-analyze", "\n".join(f"echo '{line}'" for line in ("[Login]", "#KillUserProcesses=yes", *settings)))
    return lines(check(environment()), environment(), "logout")


@pytest.mark.parametrize("word", ["yes", "true", "1"])
def test_a_host_that_ends_what_a_login_has_started_is_named(machine: Machine, word: str) -> None:
    (line,) = checked(machine, f"KillUserProcesses={word}").warn
    assert "a cut link ends the build" in line
    assert "KillExcludeUsers=root ftsuser" in line


@pytest.mark.parametrize(
    "settings",
    [
        (),
        ("KillUserProcesses=no",),
        ("KillUserProcesses=yes", "KillUserProcesses=no"),
        ("KillUserProcesses=yes", "KillExcludeUsers=root ftsuser"),
    ],
    ids=["default", "no", "no in a later file", "not this user's"],
)
def test_a_host_that_leaves_them_alone_has_no_line(machine: Machine, settings: tuple[str, ...]) -> None:
    assert not checked(machine, *settings).bad
