"""check reads as a list of questions: each once, with the values of hosts.yml."""

from typing import Any

import pytest

from tasks.phases.check import check, check_services, command_words
from tests.unit.made import REPOSITORY, environment

CONF = "/etc/supervisor/supervisord.conf"
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
inodes
live
versions
repository
runtime files
persistent links
clock
logout
later
web
"""


def arguments(name: str, **keys: Any) -> tuple[Any, ...]:
    """What a step of the release user's half is called with."""
    return next(step.arguments for step in check(environment(**{**KEYS, **keys})).steps if step.name == name)


def test_the_release_users_half_asks_in_this_order() -> None:
    assert [step.name for step in check(EVERYTHING).steps] == IN_ORDER.split("\n")[1:-1]


def test_a_build_is_checked_as_the_release_user() -> None:
    assert not check(EVERYTHING).as_service_user


def test_nothing_new_is_asked_once_nobody_listens() -> None:
    assert {check(EVERYTHING).kind, check_services(EVERYTHING).kind} == {"watched"}


def test_every_command_word_is_asked_for_once_with_the_key_that_names_it_first() -> None:
    (found,) = arguments("commands")
    assert found == (
        ("bun", "apps.web.bootstrap"),
        ("composer", "apps.web.bootstrap"),
        ("migrate", "migrate"),
        ("php", "publish"),
        ("php8.2", "apps.api.bootstrap"),
    )


def test_versions_are_those_of_each_app() -> None:
    assert arguments("versions") == ((("web", "."), ("api", "apps/api")),)


def test_the_repository_and_the_links_are_those_of_hosts_yml() -> None:
    assert arguments("repository") == (REPOSITORY,)
    assert arguments("persistent links") == ((("public/media", "/mnt/efs/media", ""),),)


def test_what_is_read_and_not_acted_on_is_named() -> None:
    assert arguments("later") == ("apps.web.inputs",)


def test_the_web_is_asked_with_php_what_must_be_writable_units_and_links() -> None:
    units = (("reload", "php8.2-fpm"), ("reload", "php8.2-fpm"))
    assert arguments("web") == ("php8.2", ("var",), units, (("public/media", "/mnt/efs/media", ""),))


def test_a_site_that_names_no_php_is_asked_for_the_usual_one() -> None:
    assert arguments("web", apps={}, publish=[])[0] == "php"


def test_the_service_users_half_asks_for_sudo_then_for_units_then_for_what_they_run() -> None:
    phase = check_services(EVERYTHING, "/home/ftsuser/source", "/home/ftsuser/releases")
    unit = ("systemd", "reload", "php8.2-fpm")
    services = (unit, unit, ("supervisor", "restart", "releases"))
    assert phase.as_service_user
    assert [(step.name, step.arguments) for step in phase.steps] == [
        ("sudo systemctl", (("systemctl", "reload", "php8.2-fpm"),)),
        ("sudo supervisorctl", (("supervisorctl", "-c", CONF, "restart", "releases"),)),
        ("sudo supervisorctl", (("supervisorctl", "-c", CONF, "status", "releases"),)),
        ("sudo id", (("id",),)),
        ("sudo of the proof", (services,)),
        ("php8.2-fpm", ("php8.2-fpm",)),
        ("services", ("/home/ftsuser/source", "/home/ftsuser/releases", services)),
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
