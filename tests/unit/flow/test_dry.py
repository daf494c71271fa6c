"""`fab --dry` never changes a host; and a plan is what would be sent, to the letter."""

import re
import shlex
from collections.abc import Callable
from dataclasses import fields

import pytest

from tasks.shell.render import program
from tasks.shell.run import Run
from tests.unit.flow.conftest import Fab
from tests.unit.flow.stand_in import OLD, OLDER, StandIn

Site = Callable[..., None]
EVERYTHING = {
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
    host.spec.connect.assert_not_called()


@pytest.mark.parametrize("verb", ["status", "releases", "history", "logs", "plan --ref a", "plan --script"])
def test_a_verb_that_only_reads_does_what_it_always_does(fab: Fab, host: StandIn, verb: str) -> None:
    dry = fab(*verb.split(), before=("--dry",))
    assert (dry.code, dry.out) == (0, fab(*verb.split()).out)
    assert set(host.sent) <= {"state", "history", "logs", "plan"}


def test_a_plan_needs_a_ref(fab: Fab, host: StandIn) -> None:
    assert fab("plan").code == 2
    assert host.sent == []


def test_a_plan_asks_with_the_ref_that_was_given(fab: Fab, host: StandIn) -> None:
    ran = fab("plan", "--ref", "feature/x")
    assert (ran.code, host.sent, host.runs[-1].ref) == (0, ["plan"], "feature/x")


def test_a_plan_of_a_finished_release_asks_for_its_commit(fab: Fab, host: StandIn) -> None:
    fab("release", "--name", OLDER, before=("--dry",))
    assert (host.runs[-1].ref, host.live) == ("a" * 40, OLD)


def test_plan_script_asks_no_host(fab: Fab, host: StandIn) -> None:
    assert fab("plan", "--script").code == 0
    host.spec.connect.assert_not_called()
    assert host.sent == []


def test_plan_script_prints_what_release_sends_with_the_values_of_the_run_left_open(
    fab: Fab, host: StandIn, site: Site
) -> None:
    site(**EVERYTHING)
    printed = re.split(r"^#### .*\n", fab("plan", "--script").out, flags=re.MULTILINE)[1:]
    fab("release", "--ref", "a 'quoted' ref")
    sent = [program(phase, run) for phase, run in zip(host.phases, host.runs, strict=True)]
    assert [filled(text, run) for text, run in zip(printed, host.runs, strict=True)] == [text + "\n" for text in sent]


def filled(text: str, run: Run) -> str:
    """A printed program with its placeholders replaced, in the assignments that it begins with and nowhere else."""
    begin, end = text.split("readonly FAILED", 1)
    for field in fields(run):
        begin = begin.replace(f"='<{field.name}>'\n", f"={shlex.quote(getattr(run, field.name))}\n")
    return begin + "readonly FAILED" + end


def test_plan_script_names_every_step_of_a_release(fab: Fab, host: StandIn, site: Site) -> None:
    site(**EVERYTHING)
    out = fab("plan", "--script").out
    fab("release", "--ref", "master")
    printed = [shlex.split(line)[1] for line in out.splitlines() if line.startswith("    step ")]
    assert printed == [step.name for phase in host.phases for step in phase.steps]
