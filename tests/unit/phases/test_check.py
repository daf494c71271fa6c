"""check reads as a list of questions: each once, in the words that the programs of the host take."""

from typing import Any

import pytest

from tasks.phases.check import check, check_services, check_web, command_words
from tests.unit.made import REPOSITORY, environment

KEYS: dict[str, Any] = {
    "path": ["~/.bun/bin", "tools"],
    "runtime_files": [".env.local"],
    "persistent_links": {"public/media": "/mnt/efs/media"},
    "apps": {
        "web": {"bootstrap": ["composer install", "bun install"], "inputs": ["src"]},
        "api": {"path": "apps/api", "bootstrap": ["composer install", "php8.2 bin/console about"]},
    },
    "writable": ["var"],
    "publish": ["php bin/console cache:warmup"],
    "verify": ["bun test"],
    "migrate": ["migrate --all"],
    "services": [
        {"systemd": "php8.2-fpm", "action": "reload"},
        {"systemd": "php8.2-fpm", "action": "reload"},
        {"supervisor": "releases"},
        {"run": "sudo id"},
    ],
}
EVERYTHING = environment(**KEYS)
IN_ORDER = """
tools
commands
setup
room
live
versions
repository
runtime files
persistent links
clock
later
"""


def words(name: str, **keys: Any) -> tuple[str, ...]:
    """What a step of the release user's half is called with."""
    return next(step.words for step in check(environment(**{**KEYS, **keys})).steps if step.name == name)


def test_the_release_users_half_asks_in_this_order() -> None:
    assert [step.name for step in check(EVERYTHING).steps] == IN_ORDER.split("\n")[1:-1]


def test_what_a_build_takes_is_asked_as_the_release_user() -> None:
    assert not check(EVERYTHING).as_service_user
    assert not check_web(EVERYTHING).as_service_user


def test_every_command_word_is_asked_for_once_with_the_key_that_names_it_first() -> None:
    assert words("commands") == (
        "check_commands",
        *("bun", "apps.web.bootstrap"),
        *("composer", "apps.web.bootstrap"),
        *("migrate", "migrate"),
        *("php", "publish"),
        *("php8.2", "apps.api.bootstrap"),
    )


def test_commands_are_looked_for_where_a_release_will_look() -> None:
    for phase in (check(EVERYTHING), check_web(EVERYTHING)):
        assert ("check_path", "~/.bun/bin", "tools") in phase.settings


def test_versions_are_those_of_each_app_with_the_php_that_the_commands_name() -> None:
    assert words("versions") == ("check_versions", "php8.2", "web", ".", "api", "apps/api")


def test_a_site_that_names_no_php_is_asked_for_the_usual_one() -> None:
    assert words("versions", apps={}, publish=[]) == ("check_versions", "php")


def test_the_repository_the_runtime_files_and_the_links_are_those_of_hosts_yml() -> None:
    assert words("repository") == ("check_repository", REPOSITORY)
    assert words("persistent links") == ("check_links", "public/media", "/mnt/efs/media", "")
    assert ("runtime_files", ".env.local", "required") in check(EVERYTHING).settings


def test_what_is_read_and_not_acted_on_is_named() -> None:
    assert words("later") == ("check_warn", "apps.web.inputs is not acted on by this version", "see CHANGELOG.md")


def test_the_web_is_asked_with_what_must_be_writable_and_the_units_of_services() -> None:
    units = ("reload", "php8.2-fpm", "reload", "php8.2-fpm")
    assert [step.words for step in check_web(EVERYTHING).steps] == [("check_web", "php8.2", "1", "var", *units)]


def test_the_service_users_half_asks_for_sudo_then_for_units_then_for_what_they_run() -> None:
    phase = check_services(EVERYTHING, "/home/ftsuser/source", "/home/ftsuser/releases")
    services = ("systemd", "reload", "php8.2-fpm") * 2 + ("supervisor", "restart", "releases")
    assert phase.as_service_user
    assert [step.words for step in phase.steps] == [
        ("check_sudo", "systemctl", "reload", "php8.2-fpm"),
        ("check_sudo", "supervisorctl", "restart", "releases"),
        ("check_sudo", "supervisorctl", "status", "releases"),
        ("check_sudo", "id"),
        ("check_proof", *services),
        ("check_unit", "php8.2-fpm"),
        ("check_services", "/home/ftsuser/source", "/home/ftsuser/releases", *services),
    ]


def test_without_services_what_runs_as_root_is_asked_with_no_second_login() -> None:
    phase = check_services(environment(), "/home/ftsuser/source", "/home/ftsuser/releases")
    assert not phase.as_service_user
    assert [step.name for step in phase.steps] == ["services"]


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("composer install --no-dev", ["composer"]),
        ("  bun  run encore", ["bun"]),
        ("APP_ENV=prod APP_DEBUG=0 php bin/console about", ["php"]),
        ("cd apps && composer install; bun install | tail", ["cd", "composer", "bun", "tail"]),
        ("test -e x || php x", ["test", "php"]),
        ("/opt/php/bin/php x", ["/opt/php/bin/php"]),
        ("php8.2 x", ["php8.2"]),
        ("bash -c 'a && b'", ["bash"]),
        ("echo $(date) && x", ["echo"]),
        ("make # && x", ["make"]),
    ],
)
def test_a_command_word_is_the_first_of_each_command(command: str, found: list[str]) -> None:
    assert list(command_words(command)) == found


@pytest.mark.parametrize(
    "command",
    ["bin/console about", "./build.sh", "'my tool' x", "$TOOL x", "(cd x; y)", "X=1", "~/bin/x", "{ x; }", "[ -e x ]", ""],
)
def test_what_only_a_shell_or_the_release_can_tell_is_not_asked_for(command: str) -> None:
    assert list(command_words(command)) == []
