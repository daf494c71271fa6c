"""check: what the commands of hosts.yml call, where a release will look for it, in the versions that the site asks for."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.phases.check import check
from tests.support.checked import Told, lay_live, told
from tests.support.host import LocalHost
from tests.support.snapshot import snapshot

Asked = Callable[..., Told]


@pytest.fixture
def asked(host: LocalHost) -> Asked:
    """What the release user's half tells, with these keys in hosts.yml."""
    return lambda **keys: told(host.run(check(host.use(**keys))))


def tool(folder: Path, name: str, script: str = "echo 1.2.3") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/bash\n{script}\n")
    file.chmod(0o755)
    return file


def line(lines: tuple[str, ...], start: str) -> str:
    """The one line that begins so."""
    (found,) = [each for each in lines if each.startswith(start)]
    return found


def test_a_command_is_found_where_a_release_will_look_and_tells_its_version(host: LocalHost, asked: Asked) -> None:
    tool(host.home / ".bun" / "bin", "bun", "echo 1.4.5-canary")
    assert line(asked(path=["~/.bun/bin"], publish=["bun install", "cat x"]).ok, "commands:") == "commands: bun 1.4.5, cat"


def test_a_command_that_is_nowhere_fails_and_names_who_needs_it(asked: Asked) -> None:
    (said,) = asked(apps={"web": {"bootstrap": ["no-such-tool install"]}}).fail
    assert "there is no no-such-tool on this host" in said
    assert "apps.web.bootstrap needs it -> install it" in said


def test_a_command_that_lies_elsewhere_says_what_path_needs(host: LocalHost, asked: Asked) -> None:
    tool(host.home / ".bun" / "bin", "no-such-tool")
    (said,) = asked(migrate=["no-such-tool"]).fail
    assert "migrate needs it -> put ~/.bun/bin into path of hosts.yml" in said


def test_a_command_that_the_build_itself_may_bring_is_a_warning(asked: Asked) -> None:
    told = asked(path=["vendor/bin"], publish=["no-such-tool"])
    assert not told.fail
    assert "it may come with the build, into vendor/bin of path" in line(told.warn, "there is no no-such-tool")


def test_what_bash_itself_has_needs_no_file(asked: Asked) -> None:
    assert asked(publish=["cd / && test -e x", "if x", "export X"]).fail == ()


@pytest.mark.parametrize("name", ["ready", "job_main", "check_ok"])
def test_what_the_programs_of_this_tool_define_is_no_command(asked: Asked, name: str) -> None:
    assert f"there is no {name} " in asked(publish=[name]).fail[0]


def test_asking_for_versions_leaves_nothing_behind(host: LocalHost, asked: Asked) -> None:
    tool(host.shims, "composer", 'touch "${COMPOSER_HOME:-$HOME}/left"; echo Composer 2.5.5')
    before = snapshot(host.home)
    assert "composer 2.5.5" in line(asked(publish=["composer install"]).ok, "commands:")
    assert snapshot(host.home) == before
    assert list(host.temporary.iterdir()) == []


def test_a_command_that_never_ends_is_not_waited_for(host: LocalHost, asked: Asked) -> None:
    host.shim("timeout", '[[ $4 == bun ]] && exit 124\nexec "$REAL" "$@"')
    tool(host.shims, "bun", "sleep 600")
    assert line(asked(publish=["bun install"]).ok, "commands:") == "commands: bun"


@pytest.mark.parametrize(("version", "fails"), [("2.11.4", True), ("1.9.1", True), ("2.12.0", False), ("3.0.1", False)])
def test_an_old_git_fails(host: LocalHost, asked: Asked, version: str, fails: bool) -> None:
    host.shim("git", f'[[ $1 != --version ]] || exec echo "git version {version}"\nexec "$REAL" "$@"')
    assert bool(asked().fail) == fails


@pytest.mark.parametrize(("version", "fails"), [("3, 7, 17", True), ("3, 8, 0", False)])
def test_an_old_python_fails_and_nothing_more_is_asked(host: LocalHost, version: str, fails: bool) -> None:
    older = f'exec "$REAL" -I -c "import sys; sys.version_info = ({version}); $3"'
    host.shim("python3", f'[[ $* == *platform* ]] && exec echo old\n[[ $* == *version_info* ]] && {older}\nexec "$REAL" "$@"')
    ran = host.run(check(host.environment))
    assert [each.partition(" -> ")[0] for each in told(ran).fail] == [
        "python3 is old, and the programs of this tool need 3.8"
    ] * fails
    assert (ran.steps == ["tools"], "live_link" in ran.facts) == (fails, not fails)


def test_no_python_fails_without_a_traceback(host: LocalHost) -> None:
    for file in (path for folder in (Path("/usr/bin"), Path("/bin")) for path in folder.iterdir()):
        if not re.match("python3", file.name) and not (host.shims / file.name).exists():
            (host.shims / file.name).symlink_to(file)
    host.variables["PATH"] = str(host.shims)
    ran = host.run(check(host.environment))
    assert "missing on the host: python3" in told(ran).fail[0]
    assert "live_link" not in ran.facts


# -- what the live release asks for


@pytest.fixture
def live(host: LocalHost) -> Callable[..., Path]:
    """Files of the live release, JSON each."""

    def release(**files: Any) -> Path:
        folder = lay_live(host)
        for name, document in files.items():
            (folder / name.replace("_", ".")).write_text(json.dumps(document))
        return folder

    return release


WEB = {"web": {"bootstrap": ["composer install"]}}


def test_composer_judges_its_lock_file_with_no_code_of_the_site_and_no_home(
    host: LocalHost, asked: Asked, live: Callable[..., Path]
) -> None:
    folder = live(composer_lock={})
    tool(
        host.shims,
        "composer",
        'printf "%s\\n" "$*" "$COMPOSER_HOME" "$COMPOSER_CACHE_DIR" >>"$HOME/../calls"; touch "$COMPOSER_HOME/x"',
    )
    before = snapshot(host.home)
    assert "web: PHP here is what composer.lock and composer.json ask for" in asked(apps=WEB).ok
    words, home, cache = (host.folder / "calls").read_text().splitlines()[-3:]
    assert words.split()[:2] == ["check-platform-reqs", f"--working-dir={host.live}/."]
    assert {"--lock", "--no-plugins", "--no-dev", "--no-interaction"} <= set(words.split())
    assert (Path(home).parent, cache) == (host.temporary, os.devnull)
    assert snapshot(host.home) == before
    assert folder.is_dir()


def test_what_composer_refuses_fails_with_the_packages(host: LocalHost, asked: Asked, live: Callable[..., Path]) -> None:
    live(composer_lock={})
    tool(
        host.shims,
        "composer",
        'printf "ext-intl  n/a  missing \\nphp 8.1 a/b requires php (^8.3) failed \\next-x 1 success\\n"; exit 2',
    )
    (said,) = asked(apps=WEB).fail
    wrong = "ext-intl n/a missing; php 8.1 a/b requires php (^8.3) failed"
    assert f"web: PHP here is not what composer.lock and composer.json ask for: {wrong}" in said
    assert "ext-x" not in said


def test_a_composer_that_cannot_say_fails_with_its_last_words(host: LocalHost, asked: Asked, live: Callable[..., Path]) -> None:
    live(composer_lock={})
    tool(host.shims, "composer", 'echo "the --lock option does not exist"; exit 1')
    assert "the --lock option does not exist" in asked(apps=WEB).fail[0]


@pytest.mark.parametrize(("wanted", "fails"), [("^8.3", True), ("~8.2.0", False)])
def test_without_a_lock_file_the_version_of_php_is_what_counts(
    host: LocalHost, asked: Asked, live: Callable[..., Path], wanted: str, fails: bool
) -> None:
    live(composer_json={"require": {"php": wanted}})
    tool(host.shims, "php8.2", "echo 8.2.36")
    said = asked(apps={"web": {"bootstrap": ["php8.2 composer.phar install"]}})
    assert f"web: php {'here is ' * fails}8.2.36, and composer.json asks for {wanted}" in " ".join(
        said.fail if fails else said.ok
    )


@pytest.mark.parametrize(
    ("package", "warns"),
    [
        ({"packageManager": "bun@1.2.0+sha512.abc"}, True),
        ({"packageManager": "bun@1.2.3"}, False),
        ({"packageManager": "bun@1.2.3+sha512.0a9f"}, False),
        ({"engines": {"bun": "1.2"}}, False),
        ({"engines": {"bun": ">=2"}}, True),
        ({"engines": {"bun": "^1.2"}}, False),
        ({"packageManager": "yarn@1.0.0", "engines": ["node"]}, False),
        ({"packageManager": 7}, False),
        ([], False),
    ],
)
def test_a_bun_of_another_version_than_package_json_asks_for_is_a_warning(
    host: LocalHost, asked: Asked, live: Callable[..., Path], package: Any, warns: bool
) -> None:
    live(package_json=package)
    tool(host.shims, "bun")
    said = asked(apps={"web": {}})
    assert (bool([each for each in said.warn if "bun here is 1.2.3" in each]), said.fail) == (warns, ())


def test_each_app_has_its_own(host: LocalHost, asked: Asked, live: Callable[..., Path]) -> None:
    folder = live()
    (folder / "apps" / "api").mkdir(parents=True)
    (folder / "apps" / "api" / "composer.json").write_text('{"require": {"php": "^9"}}')
    tool(host.shims, "php")
    assert [each[:14] for each in asked(apps={"web": {}, "api": {"path": "apps/api"}}).fail] == ["api: php here "]


def test_before_anything_is_live_no_version_is_asked_for(host: LocalHost, asked: Asked) -> None:
    tool(host.shims, "composer", "exit 1")
    assert not asked(apps=WEB).fail
