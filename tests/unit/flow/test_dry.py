"""`fab --dry` never changes a host; and a plan is what would be sent, to the letter."""

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from tasks.remote.request import request
from tests.unit.flow.conftest import Fab
from tests.unit.flow.stand_in import OLD, OLDER, StandIn
from tests.unit.made import environment

Site = Callable[..., Any]
EVERYTHING: dict[str, Any] = {
    "apps": {"web": {"bootstrap": ["composer install", "echo '<ref>'"]}},
    "publish": ["bin/console cache:warmup"],
    "migrate": ["bin/console migrate"],
    "env": {"APP_ENV": "prod"},
}


@pytest.mark.parametrize("verb", ["build --ref a", "release --ref a", f"release --name {OLDER}", "deploy --ref a"])
def test_a_dry_release_is_a_plan(fab: Fab, host: StandIn, verb: str) -> None:
    ran = fab(*verb.split(), before=("--dry",))
    assert ran.code == 0
    assert host.sent[-1] == "plan"
    assert set(host.sent) <= {"state", "plan"}
    assert "plan for" in ran.out


@pytest.mark.parametrize("verb", ["setup", "post-release", "rollback", "hold --reason a", "unhold", "prune"])
def test_a_verb_without_a_plan_refuses_a_dry_run(fab: Fab, host: StandIn, verb: str) -> None:
    ran = fab(*verb.split(), before=("--dry",))
    assert (ran.code, host.sent) == (2, [])
    assert "has no dry run" in ran.err
    assert host.logins == []


@pytest.mark.parametrize("verb", ["status", "releases", "history", "logs", "plan --ref a", "plan --steps"])
def test_a_verb_that_only_reads_does_what_it_always_does(fab: Fab, host: StandIn, verb: str) -> None:
    dry = fab(*verb.split(), before=("--dry",))
    assert (dry.code, dry.out) == (0, fab(*verb.split()).out)
    assert set(host.sent) <= {"state", "history", "logs", "plan"}


def test_a_plan_needs_a_ref(fab: Fab, host: StandIn) -> None:
    assert fab("plan").code == 2
    assert host.sent == []


def test_a_plan_asks_with_the_ref_that_was_given(fab: Fab, host: StandIn) -> None:
    ran = fab("plan", "--ref", "feature/x")
    assert (ran.code, host.sent, host.abouts[-1].release.ref) == (0, ["plan"], "feature/x")


def test_a_plan_of_a_finished_release_asks_for_its_commit(fab: Fab, host: StandIn) -> None:
    fab("release", "--name", OLDER, before=("--dry",))
    assert (host.abouts[-1].release.ref, host.live) == ("a" * 40, OLD)


def test_plan_steps_asks_no_host(fab: Fab, host: StandIn) -> None:
    assert fab("plan", "--steps").code == 0
    assert (host.logins, host.sent) == ([], [])


def test_plan_steps_json_is_what_release_sends_with_the_values_of_the_run_left_open(
    fab: Fab, host: StandIn, site: Site
) -> None:
    site(**EVERYTHING)
    printed = json.loads(fab("plan", "--steps", "--json").out)["requests"]
    fab("release", "--ref", "a 'quoted' ref")
    sent = [
        {**request(phase, environment(address="web1", **EVERYTHING), run, about), "who": None, "about": None}
        for phase, run, about in zip(host.phases, host.runs, host.abouts, strict=True)
    ]
    assert [{**each["request"], "who": None, "about": None} for each in printed] == json.loads(json.dumps(sent))


def test_plan_steps_json_of_several_hosts_is_what_release_sends_to_each(
    fab: Fab, hosts: defaultdict[str, StandIn], site: Site
) -> None:
    site(**EVERYTHING, address=["web1", "web2", {"host": "web3", "services": []}])
    printed = json.loads(fab("plan", "--steps", "--json").out)["requests"]
    assert fab("release", "--ref", "master").code == 0
    for name in ("web1", "web2", "web3"):
        phases = [each["request"]["phase"] for each in printed if each["address"] == name]
        assert phases == hosts[name].sent


def test_hosts_whose_plans_are_alike_share_one(fab: Fab, hosts: defaultdict[str, StandIn], site: Site) -> None:
    site(address=["web1", "web2", "web3"])
    hosts["web2"].live = OLDER
    ran = fab("plan", "--ref", "master")
    assert (ran.code, ran.out.count("plan for")) == (0, 2)
    assert "prod: plan for master on web1, web3" in ran.out
    assert "prod: plan for master on web2" in ran.out


def test_plan_steps_names_every_step_and_every_command_of_a_release_in_order(fab: Fab, host: StandIn, site: Site) -> None:
    site(**EVERYTHING)
    lines = [line.strip() for line in fab("plan", "--steps").out.splitlines()]
    fab("release", "--ref", "master")
    named = [name for phase in host.phases for name in (phase.name, *(step.name for step in phase.steps))]
    assert [line for line in lines if " on " not in line and ", in " not in line] == named
    commands = [*EVERYTHING["apps"]["web"]["bootstrap"], *EVERYTHING["publish"], *EVERYTHING["migrate"]]
    assert [line.partition(": ")[2] for line in lines if ", in " in line] == commands
