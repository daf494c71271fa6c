"""check: what the commands of hosts.yml call, where a release will look for it, in the versions that the site asks for."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.host.check import asking
from tasks.phases.check import check
from tests.functions.check.conftest import Machine, lines
from tests.support.lines import Lines
from tests.support.snapshot import snapshot
from tests.unit.made import environment

pytestmark = pytest.mark.usefixtures("machine")


def checked(**keys: Any) -> Lines:
    """The lines about commands and versions, with these keys in hosts.yml."""
    there = environment(**keys)
    return lines(check(there), there, "commands", "versions")


def line(found: tuple[str, ...], start: str) -> str:
    """The one line that begins so."""
    (one,) = [each for each in found if each.startswith(start)]
    return one


def test_a_command_is_found_where_a_release_will_look_with_its_version(machine: Machine) -> None:
    machine.program("bun", "echo warning: 9.9 >&2; echo 1.4.5-canary", folder=machine.home / ".bun" / "bin")
    assert line(checked(path=["~/.bun/bin"], publish=["bun install", "cat x"]).ok, "commands:") == "commands: bun 1.4.5, cat"


def test_a_command_that_is_nowhere_fails_and_names_who_needs_it() -> None:
    (failed,) = checked(apps={"web": {"bootstrap": ["no-such-tool install"]}}).fail
    assert "there is no no-such-tool on this host" in failed
    assert "apps.web.bootstrap needs it -> install it" in failed


def test_a_command_that_lies_elsewhere_has_what_path_needs(machine: Machine) -> None:
    machine.program("no-such-tool", folder=machine.home / ".bun" / "bin")
    (failed,) = checked(migrate=["no-such-tool"]).fail
    assert "migrate needs it -> put ~/.bun/bin into path of hosts.yml" in failed


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_cannot_be_run_is_no_command(machine: Machine, kind: str) -> None:
    file = machine.program("no-such-tool")
    file.chmod(0o644)
    if kind == "folder":
        file.unlink()
        file.mkdir()
    assert "there is no no-such-tool on this host" in checked(migrate=["no-such-tool"]).fail[0]


def test_a_command_that_the_build_itself_may_bring_is_a_warning() -> None:
    found = checked(path=["vendor/bin"], publish=["no-such-tool"])
    assert not found.fail
    assert "it may come with the build, into vendor/bin of path" in line(found.warn, "there is no no-such-tool")


def test_what_bash_itself_has_needs_no_file() -> None:
    assert checked(publish=["cd / && test -e x", "if x", "export X"]).fail == ()


def test_asking_for_versions_leaves_nothing_behind(machine: Machine) -> None:
    machine.program("composer", 'touch "${COMPOSER_HOME:-$HOME}/left"; echo Composer 2.5.5')
    before = snapshot(machine.home)
    assert "composer 2.5.5" in line(checked(publish=["composer install"]).ok, "commands:")
    assert snapshot(machine.home) == before
    assert list(machine.temporary.iterdir()) == []


def test_a_command_that_never_ends_is_not_waited_for(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.1)
    machine.program("bun", "sleep 600; echo 1.2.3")
    assert line(checked(publish=["bun install"]).ok, "commands:") == "commands: bun"


@pytest.mark.parametrize(("version", "fails"), [("2.11.4", True), ("1.9.1", True), ("2.12.0", False), ("3.0.1", False)])
def test_an_old_git_fails(machine: Machine, version: str, fails: bool) -> None:
    machine.program("git", f"echo git version {version}")
    assert bool(checked().fail) == fails


# -- what the live release asks for


@pytest.fixture
def live(machine: Machine) -> Callable[..., Path]:
    """The live release with these files, each as JSON."""

    def release(**files: Any) -> Path:
        folder = machine.release()
        for name, document in files.items():
            (folder / name.replace("_", ".")).write_text(json.dumps(document))
        return folder

    return release


WEB = {"web": {"bootstrap": ["composer install"]}}


def test_composer_judges_its_lock_file_with_no_code_of_the_site_and_no_home(
    machine: Machine, live: Callable[..., Path]
) -> None:
    folder = live(composer_lock={})
    machine.program(
        "composer",
        'printf "%s\\n" "$*" "$COMPOSER_HOME" "$COMPOSER_CACHE_DIR" >>"$HOME/../calls"; touch "$COMPOSER_HOME/x"',
    )
    before = snapshot(machine.home)
    assert "web: PHP here is what composer.lock and composer.json ask for" in checked(apps=WEB).ok
    words, home, cache = (machine.folder / "calls").read_text().splitlines()[-3:]
    assert words.split()[:2] == ["check-platform-reqs", f"--working-dir={machine.live}/."]
    assert {"--lock", "--no-plugins", "--no-dev", "--no-interaction"} <= set(words.split())
    assert (Path(home).parent, cache) == (machine.temporary, os.devnull)
    assert snapshot(machine.home) == before
    assert folder.is_dir()


def test_what_composer_refuses_fails_with_the_packages(machine: Machine, live: Callable[..., Path]) -> None:
    live(composer_lock={})
    machine.program(
        "composer",
        'printf "ext-intl  n/a  missing \\nphp 8.1 a/b requires php (^8.3) failed \\next-x 1 success\\n"; exit 2',
    )
    (failed,) = checked(apps=WEB).fail
    wrong = "ext-intl n/a missing; php 8.1 a/b requires php (^8.3) failed"
    assert f"web: PHP here is not what composer.lock and composer.json ask for: {wrong}" in failed
    assert "ext-x" not in failed


def test_a_composer_that_cannot_answer_fails_with_its_last_line(machine: Machine, live: Callable[..., Path]) -> None:
    live(composer_lock={})
    machine.program("composer", 'echo "the --lock option does not exist" >&2; exit 1')
    assert "the --lock option does not exist" in checked(apps=WEB).fail[0]


def test_each_app_has_its_own_lock_file(machine: Machine, live: Callable[..., Path]) -> None:
    folder = live()
    (folder / "apps" / "api").mkdir(parents=True)
    (folder / "apps" / "api" / "composer.lock").write_text("{}")
    machine.program("composer", "exit 1")
    assert [each[:14] for each in checked(apps={"web": {}, "api": {"path": "apps/api"}}).fail] == ["api: PHP here "]


def test_without_composer_on_the_path_there_is_nobody_to_ask(
    live: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    live(composer_lock={})
    monkeypatch.setenv("PATH", "/nonexistent")
    assert [each for each in (*checked().ok, *checked().bad) if "PHP" in each] == []


def test_before_anything_is_live_no_version_is_asked_for(machine: Machine) -> None:
    machine.program("composer", "exit 1")
    assert not checked(apps=WEB).fail
