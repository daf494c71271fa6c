"""The smaller verbs, and what every verb does alike: the environment, errors, defects."""

import getpass
import json
import os
import pwd
import socket
from collections.abc import Callable

import pytest

from tasks.errors import ReleaseError
from tasks.remote.outcome import Outcome
from tests.unit.flow.conftest import Fab, Fleet
from tests.unit.flow.stand_in import NEW, OLD, OLDER, StandIn, failed

Site = Callable[..., None]


def test_a_build_is_sealed_and_not_live(fab: Fab, host: StandIn) -> None:
    ran = fab("build", "--ref", "master")
    assert (ran.code, host.sent, host.live) == (0, ["lock", "build"], OLD)
    assert f"fab -H prod release --name {NEW}" in ran.out


def test_post_release_serves_what_is_live(fab: Fab, host: StandIn) -> None:
    host.pending = True
    assert fab("post-release").code == 0
    assert host.sent == ["try", "lock", "post-release", "finish"]
    assert host.abouts[2].release.name == OLD
    assert not host.pending


def test_post_release_that_fails_is_4_and_puts_nothing_back(fab: Fab, host: StandIn) -> None:
    host.answers["post-release"] = [failed("nginx failed")]
    ran = fab("post-release")
    assert (ran.code, host.changed, host.written) == (4, ["post-release", "finish"], ["failed"])
    assert "nginx failed" in ran.err


def test_post_release_of_nothing_is_3(fab: Fab, host: StandIn) -> None:
    host.live, host.sealed = "", {}
    assert fab("post-release").code == 3
    assert host.changed == []


def test_a_pending_post_release_warns_and_the_release_goes_on(fab: Fab, host: StandIn) -> None:
    host.pending = True
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live) == (0, NEW)
    assert f"the services do not run {OLD} yet" in ran.err


def test_prune_that_was_asked_for_fails_with_3(fab: Fab, host: StandIn) -> None:
    host.answers["prune"] = [failed("no room")]
    assert fab("prune").code == 3


@pytest.mark.parametrize("reason", [[], ["--reason", ""], ["--reason", " \t"]])
def test_a_hold_without_a_reason_is_2_and_sends_nothing(fab: Fab, host: StandIn, reason: list[str]) -> None:
    assert fab("hold", *reason).code == 2
    assert host.logins == []


def test_a_hold_carries_its_reason_and_needs_no_lock(fab: Fab, host: StandIn) -> None:
    assert fab("hold", "--reason", "a 'sale' until 8").code == 0
    assert host.sent == ["hold"]
    assert host.phases[0].steps[-1].arguments == ("a 'sale' until 8",)
    assert fab("unhold").code == 0
    assert host.sent == ["hold", "unhold"]


def test_a_check_with_a_fail_is_3_and_shows_every_line(fab: Fab, host: StandIn) -> None:
    ran = fab("check")
    assert (ran.code, host.sent) == (3, ["check", "check-services"])
    for said in ("tools", "no disk", "buy one"):
        assert said in ran.out
    assert host.phases[-1].steps[-1].arguments[:2] == ("/home/ftsuser/source", "/home/ftsuser/releases")


def test_setup_says_what_to_type_next(fab: Fab, host: StandIn) -> None:
    ran = fab("setup")
    assert (ran.code, host.sent) == (0, ["setup"])
    assert "next: fab -H prod check" in ran.err


def test_status_as_json_is_one_document_of_the_contract(fab: Fab) -> None:
    document = json.loads(fab("status", "--json").out)
    (host,) = document.pop("hosts")
    assert document == {"environment": "prod"}
    assert set(host) == {"address", "live", "previous", "releases", "post_release_pending", "lock", "hold"}
    assert (host["address"], host["live"]["name"], host["previous"]) == ("web1", OLD, OLDER)
    assert set(host["live"]) == {"name", "ref", "commit", "by", "built_at", "released_at", "state", "why"}


@pytest.mark.parametrize("verb", ["status", "releases", "history"])
def test_json_is_all_that_stdout_has(fab: Fab, verb: str) -> None:
    ran = fab(verb, "--json")
    assert ran.code == 0
    json.loads(ran.out)


def test_logs_shows_what_a_build_said(fab: Fab, host: StandIn) -> None:
    assert fab("logs", "--name", OLD).out == "composer install\n"
    assert host.phases[0].steps[-1].arguments == (OLD,)


def test_of_several_hosts_each_line_of_a_log_has_its_host(fab: Fab, fleet: Fleet) -> None:
    fleet(("web1", "web2"))
    assert fab("logs").out == "web1 composer install\nweb2 composer install\n"


def test_post_release_of_hosts_that_differ_names_what_is_live_on_each(fab: Fab, fleet: Fleet) -> None:
    hosts = fleet(("web1", "web2", "web3"))
    hosts[1].live = OLDER
    ran = fab("post-release")
    assert (ran.code, f"  live   {OLD}  (web1, web3)\n         {OLDER}  (web2)\n" in ran.out) == (0, True), ran.out
    assert f"{OLD} is live" not in ran.out


def test_an_unknown_environment_is_2_and_names_those_there_are(fab: Fab, host: StandIn) -> None:
    ran = fab("deploy", "--ref", "master", environment="prdo")
    assert (ran.code, host.sent) == (2, [])
    assert "prod" in ran.err


@pytest.mark.parametrize(("phase", "code"), [("build", 3), ("prune", 4)])
def test_a_defect_of_the_tool_is_told_like_any_other_error(fab: Fab, host: StandIn, phase: str, code: int) -> None:
    host.answers[phase] = [KeyError("surprise")]
    ran = fab("release", "--ref", "master")
    assert ran.code == code
    for said in ("a defect of this tool: KeyError: 'surprise'", f"Live: {host.live}", "RELEASE_DEBUG=1"):
        assert said in ran.err


def test_a_defect_before_a_host_is_chosen_is_no_traceback(fab: Fab, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr("tasks.flow.verb.load", broken)
    ran = fab("status")
    assert ran.code == 3
    assert "a defect of this tool: KeyError: 'surprise'" in ran.err


def test_an_error_of_the_release_reaches_the_shell_once(fab: Fab, host: StandIn) -> None:
    host.answers["build"] = [ReleaseError("it broke")]
    assert fab("build", "--ref", "master").err.count("it broke") == 1


def test_a_run_says_who_makes_it_and_where(fab: Fab, host: StandIn) -> None:
    fab("status")
    assert host.runs[0].by == f"{getpass.getuser()}@{socket.gethostname()}"


def test_a_user_without_a_name_is_a_number(fab: Fab, host: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    fab("status")
    assert host.runs[0].by == f"uid {os.getuid()}@{socket.gethostname()}"


@pytest.mark.parametrize("seconds", ["soon", "-1", "1.5", "\u0661"])
def test_seconds_are_a_whole_number(fab: Fab, host: StandIn, seconds: str) -> None:
    ran = fab("prune", f"--wait={seconds}")
    assert (ran.code, host.sent) == (2, [])
    assert "--wait takes seconds, a whole number, and not" in ran.err


RULE, EVIL = "ubuntu ALL=(root) NOPASSWD: /usr/bin/systemctl restart worker", "ubuntu ALL=(ALL) NOPASSWD: ALL"


def test_hosts_that_need_the_same_sudo_rules_have_them_once(fab: Fab, fleet: Fleet) -> None:
    for host in fleet(("web1", "web2"), services=[{"systemd": "worker"}]):
        host.answers["sudoers"] = [Outcome(code=0, texts=[RULE, RULE])]
    lines = fab("check", "--sudoers").out.splitlines()
    assert [line for line in lines if not line.startswith("#")] == [RULE]
    assert "# On" not in "".join(lines)


def test_a_host_that_wants_other_sudo_rules_has_them_below_its_name_and_can_hide_none(fab: Fab, fleet: Fleet) -> None:
    first, second = fleet(("web1", "web2"), services=[{"systemd": "worker"}])
    first.answers["sudoers"] = [Outcome(code=0, texts=[RULE])]
    second.answers["sudoers"] = [Outcome(code=0, texts=[f"# all is well\n{EVIL}\x1b[2K\x1b[1A"])]
    lines = fab("check", "--sudoers").out.splitlines()
    assert lines[2:] == ["# On web1:", RULE, "# On web2:", f"# all is well {EVIL}"]
