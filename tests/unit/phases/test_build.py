"""A build reads from top to bottom as the design has it, and says nothing that hosts.yml does not ask for."""

from typing import Any

from tasks.phases.build import build
from tasks.phases.cutover import migrate
from tests.unit.made import REPOSITORY, environment

EVERYTHING = environment(
    live_link="www",
    builds_dir="/srv/builds",
    releases_dir="/srv/releases",
    step_timeout=60,
    path=["~/.bun/bin"],
    env={"APP_ENV": "prod"},
    runtime_files=[".env.local", {"path": "config/*.json", "optional": True}],
    persistent_links={"public/media": {"target": "/mnt/efs/media", "mountpoint": "/mnt/efs"}, "public/up": "/mnt/up"},
    apps={
        "web": {"bootstrap": ["composer install", "bun run build"], "drop": ["node_modules"]},
        "api": {"path": "apps/api", "bootstrap": ["composer install"]},
    },
    carry_assets=["public/build", "public/bundles"],
    writable=["var"],
    publish=["bin/console cache:warmup"],
    verify=["bin/console lint:container"],
    migrate=["bin/console migrate"],
    services=[{"systemd": "php8.2-fpm", "action": "reload"}, {"supervisor": "x"}, {"systemd": "w@*"}, {"systemd": "w@*"}],
)

IN_ORDER = """
begin
pre-flight
pre-flight room
pre-flight runtime files
pre-flight persistent links
sweep
fetch
resolve
pre-flight settings
worktree
runtime files
bootstrap
drop
carry assets
persistent links
detach
move
publish
writable
verify
flush
seal
"""


def words(name: str, **keys: Any) -> tuple[str, ...] | None:
    """What a step is called with, for an environment of these keys; None where there is no such step."""
    steps = {step.name: step.words for step in build(environment(**keys) if keys else EVERYTHING).steps}
    return steps.get(name)


def test_a_build_is_these_steps_in_this_order() -> None:
    assert [step.name for step in build(EVERYTHING).steps] == IN_ORDER.split("\n")[1:-1]


def test_a_site_without_commands_has_no_steps_for_them() -> None:
    asked_for = ("bootstrap", "drop", "carry assets", "publish", "writable", "verify")
    bare = [step.name for step in build(environment()).steps]
    assert bare == [name for name in IN_ORDER.split("\n")[1:-1] if name not in asked_for]


def test_nothing_changes_the_host_before_the_pre_flights() -> None:
    names = [step.name for step in build(EVERYTHING).steps]
    checks = [place for place, name in enumerate(names) if name.startswith("pre-flight")]
    assert checks == [1, 2, 3, 4, names.index("resolve") + 1]
    assert names[checks[-1] + 1] == "worktree"


def test_settings_are_looked_for_where_the_site_and_its_apps_have_their_env() -> None:
    assert words("pre-flight settings") == ("settings_check", "prod", "APP_ENV", ".", "apps/api")
    assert words("pre-flight settings", env={"APP_ENV": "preprod", "A": "b"}) == ("settings_check", "preprod", "APP_ENV A", ".")


def test_a_build_is_a_job_of_the_release_user() -> None:
    assert (build(EVERYTHING).runner, build(EVERYTHING).as_service_user) == ("job", False)


def test_apps_are_lanes_of_one_step_each_with_its_folder_and_how_many_commands() -> None:
    web = ("web", ".", "2", "composer install", "bun run build")
    api = ("api", "apps/api", "1", "composer install")
    assert words("bootstrap") == ("commands_run", *web, *api)


def test_an_app_without_commands_is_no_lane() -> None:
    apps = {"web": {}, "api": {"bootstrap": ["make"]}}
    assert words("bootstrap", apps=apps) == ("commands_run", "api", ".", "1", "make")


def test_what_is_dropped_is_relative_to_its_app() -> None:
    assert words("drop", apps={"api": {"path": "apps/api", "drop": ["node_modules"]}}) == (
        "release_drop",
        "apps/api/node_modules",
    )


def test_assets_are_carried_for_as_many_releases_as_are_kept() -> None:
    assert words("carry assets") == ("assets_carry", "5", "public/build", "public/bundles")
    assert words("carry assets", keep_releases=2, carry_assets=["build"]) == ("assets_carry", "2", "build")


def test_writable_paths_come_after_the_units_among_which_the_host_finds_its_php_fpm() -> None:
    assert words("writable") == ("writable_make", "2", "php8.2-fpm", "w@*", "var")
    assert words("writable", writable=["var"]) == ("writable_make", "0", "var")


def test_publish_and_verify_run_in_the_release() -> None:
    assert words("publish") == ("commands_run", "publish", ".", "1", "bin/console cache:warmup")
    assert words("verify") == ("commands_run", "verify", ".", "1", "bin/console lint:container")


def test_persistent_links_are_checked_as_they_are_made() -> None:
    links = ("public/media", "/mnt/efs/media", "/mnt/efs", "public/up", "/mnt/up", "")
    assert words("pre-flight persistent links") == ("links_check", *links)
    assert words("persistent links") == ("links_make", *links)


def test_the_host_is_told_where_everything_is() -> None:
    assert build(EVERYTHING).settings == (
        ("host", "prod", "www", "/srv/builds", "/srv/releases", "60"),
        ("command_path", "~/.bun/bin"),
        ("command_env", "APP_ENV=prod"),
        ("runtime_files", ".env.local", "required", "config/*.json", "optional"),
    )


def test_the_repository_is_a_word_of_fetch() -> None:
    assert words("fetch") == ("git_fetch", REPOSITORY)


def test_migrations_run_only_while_live_is_what_it_was() -> None:
    assert [(step.name, *step.words) for step in migrate(EVERYTHING).steps] == [
        ("still live", "live_still"),
        ("migrate", "commands_run", "migrate", ".", "1", "bin/console migrate"),
    ]
