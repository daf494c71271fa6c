"""A build reads from top to bottom as the design has it, and has no step that hosts.yml does not ask for."""

import json
from typing import Any

import pytest

from tasks.host.steps import resolve
from tasks.phases.build import build
from tasks.phases.cutover import migrate
from tasks.phases.report import plan
from tasks.phases.step import Step
from tasks.remote.request import site
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
inodes of earlier releases
bootstrap
drop
carry assets
persistent links
detach
move
publish
verify
writable
inodes
flush
seal
"""


def found(name: str, **keys: Any) -> Step:
    """A step of the build of an environment with these keys."""
    return next(step for step in build(environment(**keys) if keys else EVERYTHING).steps if step.name == name)


def arguments(name: str, **keys: Any) -> Any:
    """What a step is called with, as it travels."""
    return json.loads(json.dumps(found(name, **keys).arguments))


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
    assert arguments("pre-flight settings") == ["prod", [".", "apps/api"]]
    assert arguments("pre-flight settings", env={"APP_ENV": "preprod", "A": "b"}) == ["preprod", ["."]]


def test_a_build_is_a_job_of_the_release_user_and_undoes_what_it_does_not_seal() -> None:
    phase = build(EVERYTHING)
    assert (phase.is_job, phase.as_service_user, phase.undo) == (True, False, "tasks.host.build.release:undo")


def test_apps_are_lanes_of_one_step_each_with_its_directory_and_commands() -> None:
    web = ["web", ".", ["composer install", "bun run build"]]
    api = ["api", "apps/api", ["composer install"]]
    assert arguments("bootstrap") == [[web, api]]


def test_an_app_without_commands_is_no_lane() -> None:
    apps = {"web": {}, "api": {"bootstrap": ["make"]}}
    assert arguments("bootstrap", apps=apps) == [[["api", ".", ["make"]]]]


@pytest.mark.parametrize(("name", "commands"), [("bootstrap", 2), ("publish", 1)])
def test_every_command_of_the_longest_lane_may_take_its_time(name: str, commands: int) -> None:
    within = found(name).within
    assert within is not None
    assert within > 60 * commands
    assert found("worktree").within is None


def test_what_is_dropped_is_relative_to_its_app() -> None:
    assert arguments("drop", apps={"api": {"path": "apps/api", "drop": ["node_modules"]}}) == [["apps/api/node_modules"]]


def test_assets_are_carried_for_as_many_releases_as_are_kept() -> None:
    assert arguments("carry assets") == [5, ["public/build", "public/bundles"]]
    assert arguments("carry assets", keep_releases=2, carry_assets=["build"]) == [2, ["build"]]


def test_writable_paths_come_after_the_units_among_which_the_host_finds_its_php_fpm() -> None:
    assert arguments("writable") == [["php8.2-fpm", "w@*"], ["var"]]
    assert arguments("writable", writable=["var"]) == [[], ["var"]]


def test_publish_and_verify_run_in_the_release() -> None:
    assert arguments("publish") == [[["publish", ".", ["bin/console cache:warmup"]]]]
    assert arguments("verify") == [[["verify", ".", ["bin/console lint:container"]]]]


def test_persistent_links_are_checked_as_they_are_made() -> None:
    links = [["public/media", "/mnt/efs/media", "/mnt/efs"], ["public/up", "/mnt/up", ""]]
    assert arguments("pre-flight persistent links") == [links]
    assert arguments("persistent links") == [links]


def test_a_request_says_where_everything_is() -> None:
    assert site(EVERYTHING) == {
        "environment": "prod",
        "live_link": "www",
        "builds_dir": "/srv/builds",
        "releases_dir": "/srv/releases",
        "serves": True,
        "step_timeout": 60,
        "release_user": "ftsuser",
        "path": ["~/.bun/bin"],
        "env": {"APP_ENV": "prod"},
        "runtime_files": [[".env.local", False], ["config/*.json", True]],
    }


def test_a_step_is_the_function_that_the_host_calls_and_every_one_is_there() -> None:
    for phase in (build(EVERYTHING), migrate(EVERYTHING)):
        for step in phase.steps:
            assert callable(resolve(step.function))


def test_the_repository_is_what_is_fetched() -> None:
    assert arguments("fetch") == [REPOSITORY]


def test_migrations_run_only_while_live_is_what_it_was() -> None:
    phase = migrate(EVERYTHING)
    assert phase.is_job
    assert [(step.name, json.loads(json.dumps(step.arguments))) for step in phase.steps] == [
        ("still live", []),
        ("migrate", [[["migrate", ".", ["bin/console migrate"]]]]),
        ("inodes", []),
    ]


def test_a_plan_fetches_and_changes_nothing_else() -> None:
    names = [step.name for step in plan(EVERYTHING).steps]
    assert names == ["ready", "fetch", "resolve", "settings", "commits", "prune", "state", "runtime files"]
    assert not {step.function for step in plan(EVERYTHING).steps} & {
        step.function for step in build(EVERYTHING).steps if step.name not in ("fetch", "resolve")
    }
