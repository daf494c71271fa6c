"""The sudoers file that check prints is all that a deploy needs, and nothing in it can be left out."""

import re

import pytest

from tests.host.booted.following import Following
from tests.support.booted import Booted
from tests.support.fab import until

SERVICES = [
    {"systemd": "php8.2-fpm", "action": "reload"},
    {"systemd": "worker@*"},
    {"supervisor": "queue"},
    {"systemd": "nginx", "action": "reload"},
    {"run": "sudo touch '/run/a, b=c'"},
]
KILL = "ubuntu ALL=(www-data) NOPASSWD: /usr/bin/kill"  # for post-release --end-strays
ASIDE = "install -D -m 644 /dev/stdin"


@pytest.fixture(scope="module")
def site(booted: Booted, tmp_path_factory: pytest.TempPathFactory) -> Following:
    """A site with a service of each kind, deployed once by a service user who may do anything."""
    site = Following(booted, tmp_path_factory.mktemp("site")).set_up()
    site.unit("worker@", "sleep 1008", start=False)
    site.host.sh("systemctl start worker@1 worker@2")
    site.program("queue", "sleep 1009")
    site.deploy(SERVICES)
    return site


@pytest.fixture(scope="module")
def rules(site: Following) -> list[str]:
    """What check prints."""
    return site.fab("check", "--sudoers").out.splitlines()


def test_it_is_a_sudoers_file_and_a_deploy_needs_no_other(site: Following, rules: list[str]) -> None:
    site.host.sudoers(rules)
    assert "ALL" not in " ".join(line.partition("NOPASSWD:")[2] for line in rules)
    assert site.host.run("sudo -n id", "ubuntu").returncode == 1
    site.deploy(SERVICES)
    assert site.host.sh("ls /run/a*") == "/run/a, b=c"


def test_it_says_the_same_to_a_service_user_who_may_do_nothing_yet(site: Following, rules: list[str]) -> None:
    site.host.sudoers([])
    assert site.fab("check", "--sudoers").out.splitlines() == rules


def test_every_rule_is_needed(site: Following, rules: list[str]) -> None:
    needed = [rule for rule in rules if not rule.startswith("#") and ASIDE not in rule and rule != KILL]
    assert len(needed) == 10
    for rule in needed:
        site.host.sudoers([other for other in rules if other != rule])
        site.write(SERVICES)
        before = site.live
        said = site.fab("deploy", "--ref", "master", code=3).err
        assert "sudo refuses ubuntu this command" in said
        assert site.live == before


def test_check_fails_for_a_command_of_the_proof_that_sudo_refuses(site: Following, rules: list[str]) -> None:
    site.host.sudoers([rule for rule in rules if "/usr/bin/find" not in rule])
    lines = site.fab("check", code=3).out.splitlines()
    assert [line.split()[:5] for line in lines if "FAIL" in line] == [["FAIL", "sudo", "refuses", "ubuntu", "this"]]
    site.host.sudoers(rules)


def test_the_probe_of_php_fpm_is_installed_through_its_rule_alone(site: Following, rules: list[str]) -> None:
    site.host.sh("rm -r /usr/local/lib/release-probe")
    site.host.sudoers([rule for rule in rules if ASIDE not in rule])
    assert "release-probe" in site.fab("post-release", code=4).err
    site.host.sudoers(rules)
    site.deploy(SERVICES)


def test_no_rule_takes_more_than_its_own_words(site: Following, rules: list[str]) -> None:
    commands = [rule.partition("NOPASSWD: ")[2] for rule in rules if not rule.startswith("#")]
    assert [command for command in commands if re.search(r"(?<!\\)[*?\[]", command)] == []
    site.host.sudoers(rules)
    evil = "[supervisorctl]\nserverurl = unix:///home/ubuntu/evil.sock\n[ctlplugin:evil]\nsupervisor.ctl_factory = evil:take\n"
    site.host.write("/home/ubuntu/evil/supervisord.conf", evil, "ubuntu")
    site.host.write("/home/ubuntu/evil/evil.py", "import os\nos.system('touch /run/taken')\n", "ubuntu")
    for command in ("supervisorctl status queue", "supervisorctl -c /etc/supervisor/supervisord.conf status queue"):
        site.host.run(f"cd ~/evil && PYTHONPATH=~/evil sudo -n {command}", "ubuntu")
    site.host.run("sudo -n stat --format=%N -- /proc/1/cwd /etc/shadow", "ubuntu")
    assert site.host.run("test -e /run/taken").returncode
    site.deploy(SERVICES)


def test_the_rule_that_ends_strays_reaches_no_process_of_another_user(site: Following, rules: list[str]) -> None:
    site.host.sudoers([rule for rule in rules if rule == KILL])
    sleeps = "{{ {} sleep 3600 >/dev/null 2>&1 </dev/null & echo $!; }}"
    theirs, roots = (site.host.sh(sleeps.format(how)) for how in ("setpriv --reuid=www-data --clear-groups", ""))
    for signal in ("-TERM", "-KILL"):
        assert site.host.run(f"sudo -n kill {signal} {roots}; sudo -n -u ftsuser kill {signal} {roots}", "ubuntu").returncode
        assert site.host.run(f"sudo -n -u www-data kill {signal} {roots}", "ubuntu").returncode
    site.host.sh(f"kill -0 {roots}")
    site.host.sh(f"sudo -n -u '#33' -- kill -TERM {theirs}", "ubuntu")
    until(lambda: site.host.run(f"kill -0 {theirs}").returncode)  # a process ends some time after the signal
    site.host.sh(f"kill {roots}")
    site.host.sudoers(rules)


def test_who_may_choose_what_the_pools_run_is_said(rules: list[str]) -> None:
    at = next(number for number, rule in enumerate(rules) if ASIDE in rule)
    assert "it can do all that they can" in rules[at - 1]
