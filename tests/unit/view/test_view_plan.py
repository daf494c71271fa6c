"""A plan says plainly what would be released, what would be lost, and what follows."""

from typing import Any

import pytest

from tasks.config.models import Environment
from tasks.view.plan import show_plan
from tests.unit.view.scenes import COMMIT, release, shown

PLAN = {
    "commit": COMMIT,
    "subject": "Season colours",
    "base": "b" * 40,
    "commit_count": "2",
    "left_out": "0",
    "commits": "1a2b3c4 Season colours\n2b3c4d5 Opening hours",
    "file_count": "1",
    "files": " home.html | 2 +-",
    "migrations": "",
    "prune": "source-1",
}


def plan(settings: dict[str, Any] | None = None, **facts: str) -> list[str]:
    state = {"live": release("source-3", "live"), "releases": [release("source-3", "live")], "hold": None}
    return shown(show_plan, environment(**settings or {}), state, PLAN | facts, "master")


def test_a_plan_says_from_where_to_where_and_what_follows() -> None:
    apps = {"web": {"bootstrap": ["composer install", "bun install"]}}
    lines = plan({"apps": apps, "publish": ["warm up"], "services": [{"systemd": "nginx", "action": "reload"}]})
    assert lines == [
        "prod: plan for master",
        "  commit    1a2b3c4d5e6f  Season colours",
        "  live      source-3  master  1a2b3c4d5e6f",
        "  since     2 commits, 1 file",
        "  build     web  in ., 2 commands",
        "  then      warm up",
        "  prune     source-1",
        "  services  systemd nginx (reload)",
        "",
        "commits (2)",
        "  1a2b3c4 Season colours",
        "  2b3c4d5 Opening hours",
        "",
        "files (1)",
        "   home.html | 2 +-",
    ]


def test_a_plan_that_goes_backwards_says_so() -> None:
    assert "  BACKWARDS  3 commits of what is live would be left out" in plan(left_out="3")


def test_a_plan_that_goes_forward_does_not_cry_wolf() -> None:
    assert not [line for line in plan() if "BACKWARDS" in line]


def test_a_plan_of_what_is_live_says_so() -> None:
    assert "  since   nothing: this commit is live, and would be built anew" in plan(base=COMMIT)


def test_migrations_that_nothing_would_run_are_pointed_out() -> None:
    lines = plan(migrations="migrations/Version1.php")
    assert lines[5].split() == ["hosts.yml", "has", "no", "migrate:", "nothing", "would", "run", "them"]


def test_a_plan_for_a_finished_release_builds_nothing() -> None:
    state = {"live": None, "releases": [release("source-2")]}
    lines = shown(show_plan, environment(apps={"web": {"bootstrap": ["make"]}}), state, PLAN, "source-2")
    assert "  build   nothing: it is built already" in lines


def environment(**more: Any) -> Environment:
    return Environment.model_validate({"name": "prod", "repository": "git@example.com:site.git"} | more)


@pytest.mark.parametrize("character", ["\u2028", "\x85", "\x0c"])
def test_the_subject_of_a_commit_is_no_second_commit(character: str) -> None:
    commits = f"abc one{character}def two (a, 2026-01-01)\nfed three (b, 2026-01-02)"
    lines = plan(commits=commits, commit_count="2")
    assert not [line for line in lines if line.strip().startswith("def two")]
