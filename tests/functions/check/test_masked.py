"""check: what the programs of a host print, git and Composer say, is shown without the values of runtime files."""

import json

import pytest

from tasks.host.services import supervisor
from tasks.phases.check import check
from tests.functions.check.conftest import Machine, lines
from tests.unit.made import environment

SECRET = "hunter2-of-the-bank"  # noqa: S105
FILES = ["auth.json"]


@pytest.fixture
def live(machine: Machine) -> Machine:
    """A host whose live release has a secret, and programs that print it."""
    folder = machine.release()
    (folder / "auth.json").write_text(json.dumps({"token": SECRET}))
    (folder / "composer.lock").write_text("{}")
    return machine


def test_what_git_prints_is_masked(live: Machine) -> None:
    live.program("ssh", f'echo "ERROR: no access with {SECRET}" >&2; exit 255')
    there = environment(repository="git@git.example.com:acme/site.git", runtime_files=FILES)
    (failed,) = lines(check(there), there, "repository").fail
    assert "does not answer: ERROR: no access with ****" in failed


def test_what_composer_prints_is_masked(live: Machine) -> None:
    live.program("composer", f'echo "ext-intl {SECRET} missing"; exit 2')
    there = environment(apps={"web": {"bootstrap": ["composer install"]}}, runtime_files=FILES)
    (failed,) = lines(check(there), there, "versions").fail
    assert "ext-intl **** missing" in failed


@pytest.mark.parametrize(
    ("printed", "why"),
    [
        ("unix:///run/supervisor.sock refused connection", "unix:///run/supervisor.sock refused connection"),
        ("web: ERROR (no such process)\n", "web: ERROR (no such process)"),
        ("Server requires authentication\nerror: x", "requires authentication"),
        (
            f"Error: Format string 'TOKEN={SECRET}' for 'program:web.environment' is badly formatted",
            "something else was printed",
        ),
        ("", "nothing was printed"),
    ],
)
def test_what_supervisorctl_quotes_of_its_files_is_not_shown(printed: str, why: str) -> None:
    assert supervisor.reason(printed) == why
