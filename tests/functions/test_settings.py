"""Keys that the committed .env leaves without a value must be set on the host before anything is built, and nothing more."""

import os
from pathlib import Path

import pytest

from tasks.phases.report import plan
from tests.support.host import LocalHost

LEAVES = [
    "NEW_KEY=",
    'NEW_KEY=""',
    "NEW_KEY=''",
    "export NEW_KEY=",
    "NEW_KEY=   ",
    "NEW_KEY= # ask Anna",
    "NEW_KEY=\r",
    "A='x\ny'\nNEW_KEY=",
]
SETS = [
    "NEW_KEY=",
    "NEW_KEY=value",
    'NEW_KEY="with spaces and # and \'"',
    "export NEW_KEY=value",
    "# a comment\n\nOTHER='many\nlines'\nNEW_KEY=value # why",
    'OTHER="a \\" quote"\nNEW_KEY="x\ny"',
    "\ufeffNEW_KEY=value\r",
]
NEED_NOTHING = [
    "NEW_KEY=value",
    "#NEW_KEY=",
    "A='\nNEW_KEY=\n'",
    'A="\nNEW_KEY=\n"',
    "NEW_KEY=$OTHER",
    'NEW_KEY="',
    "no key at all",
    "",
    "NEW_KEY=\nNEW_KEY=later",
]


def put(host: LocalHost, name: str, text: str) -> Path:
    file = host.home / "runtime" / "source" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + "\n", newline="")
    return file


@pytest.fixture
def site(host: LocalHost) -> LocalHost:
    """A commit that leaves NEW_KEY without a value, and a runtime file that does not set it."""
    host.origin.commit({".env": "NEW_KEY=\nAPP_DEBUG=0\n"})
    host.use(runtime_files=[".env.local"])
    put(host, ".env.local", "DATABASE_URL=mysql://")
    return host


def refused(host: LocalHost, key: str = "NEW_KEY") -> bool:
    """Is the release refused for this key, before its work tree is made? Nothing else may go wrong."""
    done = host.build()
    if done.code == 0:
        return False
    assert done.code == 3
    assert f"leaves {key} without a value" in done.failure
    assert "worktree" not in done.steps
    return True


def test_a_key_that_is_not_set_is_named_with_the_file_that_wants_it(site: LocalHost) -> None:
    live = site.home / "runtime" / "source"
    done = site.build()
    assert (done.code, done.steps[-1]) == (3, "resolve")
    assert "./.env of " in done.failure
    assert f"leaves NEW_KEY without a value, and .env.local in {live} does not set it" in done.failure
    site.assert_clean()


@pytest.mark.parametrize("text", LEAVES)
def test_however_it_is_left_without_a_value(site: LocalHost, text: str) -> None:
    site.origin.commit({".env": text + "\n"})
    assert refused(site)


@pytest.mark.parametrize("text", SETS)
def test_however_it_is_set_it_is_set_be_it_empty(site: LocalHost, text: str) -> None:
    put(site, ".env.local", text)
    assert not refused(site)


@pytest.mark.parametrize("text", NEED_NOTHING)
def test_what_has_a_value_or_may_have_one_is_not_asked_for(site: LocalHost, text: str) -> None:
    site.origin.commit({".env": text + "\n"})
    assert not refused(site)


def test_all_that_are_missing_are_named(site: LocalHost) -> None:
    site.origin.commit({".env": "ONE=\nTWO=\n"})
    assert refused(site, "ONE, TWO")


def test_any_runtime_file_of_the_directory_may_set_it(site: LocalHost) -> None:
    site.use(runtime_files=[".env.local", ".env.prod.local"])
    put(site, ".env.prod.local", "NEW_KEY=value")
    assert not refused(site)


def test_once_something_is_live_its_own_runtime_files_count(site: LocalHost) -> None:
    put(site, ".env.local", "NEW_KEY=value")
    site.release()
    assert not refused(site)
    (site.live / ".env.local").write_text("OTHER=value\n")
    assert refused(site)


@pytest.mark.parametrize(("folder", "asked"), [("apps/api", True), ("apps/two words", True), ("apps/other", False)])
def test_an_app_is_asked_for_its_own(site: LocalHost, folder: str, asked: bool) -> None:
    site.origin.commit({".env": "A=b\n", f"{folder}/.env": "NEW_KEY=\n", f"{folder}/main": ""})
    site.use(runtime_files=[".env.local", "apps/*/.env.local"], apps={"api": {"path": folder}})
    put(site, f"{folder if asked else 'apps/elsewhere'}/.env.local", "OTHER=value")
    assert refused(site) == asked


def test_without_runtime_files_that_are_settings_nothing_is_asked_for(site: LocalHost) -> None:
    site.use(runtime_files=["config/key.json", ".token", "php.ini"])
    put(site, "config/key.json", '{"a": "b"}')
    put(site, ".token", "abcdef==")
    put(site, "php.ini", "[php]\nmemory_limit=1")
    assert not refused(site)


@pytest.mark.parametrize("file", [".env", ".env.local.php"])
def test_a_runtime_file_that_stands_in_for_all_decides_alone(site: LocalHost, file: str) -> None:
    site.use(runtime_files=[".env.local", file])
    put(site, file, "OTHER=value")
    assert not refused(site)


def test_a_key_that_hosts_yml_sets_is_set(site: LocalHost) -> None:
    site.use(runtime_files=[".env.local"], env={"NEW_KEY": "value"})
    assert not refused(site)


@pytest.mark.parametrize(("env", "asked"), [({}, False), ({"APP_ENV": "preprod"}, True)])
def test_the_env_of_the_environment_may_have_the_value(site: LocalHost, env: dict[str, str], asked: bool) -> None:
    site.origin.commit({".env.prod": "NEW_KEY=value\n"})
    site.use(runtime_files=[".env.local"], env=env)
    assert refused(site) == asked


def test_a_secret_of_the_vault_is_a_value(site: LocalHost) -> None:
    site.origin.commit({"config/secrets/prod/prod.NEW_KEY.a1b2c3.php": "<?php\n"})
    assert not refused(site)


def test_plan_warns_of_what_a_release_would_be_refused_for(site: LocalHost) -> None:
    done = site.run(plan(site.environment), site.new_run("plan", ref="master"))
    assert done.code == 0
    assert "a release would be refused: ./.env of " in done.texts("warn")
    put(site, ".env.local", "NEW_KEY=value")
    assert site.run(plan(site.environment), site.new_run("plan", ref="master")).all("warn") == []


def test_a_fifo_in_the_place_of_a_runtime_file_holds_up_no_plan(site: LocalHost) -> None:
    file = put(site, ".env.local", "NEW_KEY=value")
    file.unlink()
    os.mkfifo(file)
    done = site.run(plan(site.environment), site.new_run("plan", ref="master"))
    assert done.code == 0
