"""Services in order, then health; and the sudo commands that are tried before anything is written."""

from typing import Any

import pytest

from tasks.phases.check import check_services, sudoers
from tasks.phases.post_release import Words, post_release, recorded, sudo_commands, try_services
from tests.unit.made import environment

SERVICES = [
    {"systemd": "php8.2-fpm", "action": "reload"},
    {"systemd": "messenger-worker@*"},
    {"supervisor": "releases"},
    {"run": "sudo varnishadm 'ban req.url ~ .'"},
]

CONF = "/etc/supervisor/supervisord.conf"
ACTING, HEALTH = "tasks.host.services.post_release", "tasks.host.services.health"


def steps(**keys: Any) -> list[tuple[Any, ...]]:
    return [(step.name, step.function, *step.arguments) for step in post_release(environment(**keys)).steps]


def sudo_of(command: str) -> list[Words]:
    return list(sudo_commands(environment(services=[{"run": command}])))


def test_services_come_in_the_order_of_hosts_yml_then_their_proof_and_then_health() -> None:
    assert steps(services=SERVICES, health=[{"url": "http://127.0.0.1/health"}]) == [
        ("systemd php8.2-fpm (reload)", f"{ACTING}:act", "systemd", "reload", "php8.2-fpm"),
        ("systemd messenger-worker@*", f"{ACTING}:act", "systemd", "restart", "messenger-worker@*"),
        ("supervisor releases", f"{ACTING}:act", "supervisor", "restart", "releases"),
        ("run sudo varnishadm 'ban req.url ~ .'", f"{ACTING}:run_command", "sudo varnishadm 'ban req.url ~ .'"),
        ("proof", f"{ACTING}:prove"),
        ("health http://127.0.0.1/health", f"{HEALTH}:check", "http://127.0.0.1/health", 200, 30, "", ()),
    ]


def test_a_health_check_has_all_that_it_expects() -> None:
    check = {"url": "https://127.0.0.1/", "headers": {"Host": "a.example"}, "status": 204, "contains": "ok", "within": 5}
    assert steps(health=[check])[0][2:] == ("https://127.0.0.1/", 204, 5, "ok", (("Host", "a.example"),))


def test_what_waits_has_a_time_of_its_own() -> None:
    phase = post_release(environment(services=SERVICES, health=[{"url": "http://127.0.0.1/", "within": 7}], step_timeout=60))
    assert [step.within for step in phase.steps] == [240, 240, 240, 240, 240, 12]


def test_services_are_the_service_users_and_end_with_the_workstation() -> None:
    phase = post_release(environment(services=SERVICES))
    assert (phase.as_service_user, phase.kind) == (True, "watched")


@pytest.mark.parametrize(
    ("status", "step", "word"),
    [
        ("ok", "", "ok"),
        ("failed", "health http://127.0.0.1/", "unhealthy"),
        ("failed", "systemd health", "failed"),
        ("unknown", "health http://127.0.0.1/", "unknown"),
    ],
)
def test_history_has_whether_services_followed(status: str, step: str, word: str) -> None:
    assert recorded(status, step) == word


def test_health_alone_needs_no_second_login() -> None:
    assert not post_release(environment(health=[{"url": "http://127.0.0.1/"}])).as_service_user


def test_every_sudo_command_is_tried_as_it_will_be_run() -> None:
    trying = "tasks.host.services.preflight"
    assert [(step.function, *step.arguments) for step in try_services(environment(services=SERVICES)).steps] == [
        (f"{trying}:try_command", ("systemctl", "reload", "php8.2-fpm"), False),
        (f"{trying}:try_command", ("systemctl", "restart", "messenger-worker@*"), False),
        (f"{trying}:try_command", ("supervisorctl", "-c", CONF, "restart", "releases"), False),
        (f"{trying}:try_command", ("supervisorctl", "-c", CONF, "status", "releases"), False),
        (f"{trying}:try_command", ("varnishadm", "ban req.url ~ ."), False),
        (f"{trying}:try_room", False),
        (f"{trying}:try_service", "systemd", "reload", "php8.2-fpm", False),
        (f"{trying}:try_service", "systemd", "restart", "messenger-worker@*", False),
        (f"{trying}:try_service", "supervisor", "restart", "releases", False),
    ]


def test_the_ports_of_this_host_that_health_asks_are_looked_at_once() -> None:
    urls = (
        "http://127.0.0.1/a",
        "http://localhost:80/b",
        "https://[::1]/",
        "http://127.0.0.1:8001/",
        "http://www.example.com:81/",
    )
    site = environment(services=SERVICES, health=[{"url": url} for url in urls])
    assert [step.arguments for step in try_services(site).steps if step.name == "ports"] == [(("80", "443", "8001"),)]


def test_the_sudoers_file_has_a_rule_for_all_that_is_tried() -> None:
    site = environment(services=SERVICES)
    tried = [step.arguments[:-1] for step in try_services(site).steps if step.name != "room"]
    assert [step.arguments for step in sudoers(site).steps] == [*tried, ()]


def test_a_command_of_its_own_is_proven_by_health_alone() -> None:
    assert [step[0] for step in steps(services=SERVICES[3:])] == ["run sudo varnishadm 'ban req.url ~ .'"]


def test_a_command_named_twice_is_tried_once() -> None:
    assert len(sudo_commands(environment(services=[*SERVICES, *SERVICES]))) == len(
        sudo_commands(environment(services=SERVICES))
    )


def test_check_asks_for_the_same_sudo_and_for_each_unit_once() -> None:
    site = environment(services=[*SERVICES, {"systemd": "php8.2-fpm"}])
    steps = [(step.function.rpartition(":")[2], *step.arguments) for step in check_services(site).steps]
    assert [words for name, *words in steps if name == "check_sudo"] == [[words] for words in sudo_commands(site)]
    assert [words for name, *words in steps if name == "check_unit"] == [["php8.2-fpm"], ["messenger-worker@*"]]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("sudo varnishadm 'ban req.url ~ .'", ("varnishadm", "ban req.url ~ .")),
        ("sudo -n systemctl restart nginx", ("systemctl", "restart", "nginx")),
        ("sudo --non-interactive -- true", ("true",)),
        ('sudo touch "/var/a b"', ("touch", "/var/a b")),
        ("sudo echo a\\ b", ("echo", "a b")),
        ("sudo grep -r 'a;b' /etc", ("grep", "-r", "a;b", "/etc")),
    ],
)
def test_a_plain_sudo_command_is_tried_word_for_word(command: str, words: Words) -> None:
    assert sudo_of(command) == [words]


@pytest.mark.parametrize(
    "command",
    [
        "varnishadm ban",
        "/usr/bin/sudo true",
        "echo sudo true",
        "sudo",
        "sudo -n",
        "sudo -u www-data php cache",
        "sudo PATH=/x true",
        "sudo true | cat",
        "sudo true && sudo false",
        "sudo true; rm x",
        "sudo true > /tmp/x",
        "sudo true &",
        "sudo echo $HOME",
        "sudo echo `id`",
        "sudo true\nsudo false",
        "sudo echo 'unfinished",
    ],
)
def test_a_command_that_a_shell_must_read_is_not_guessed_at(command: str) -> None:
    assert sudo_of(command) == []


@pytest.mark.parametrize("command", ["sudo ls /etc/*.conf", "sudo ls ~/x", "sudo touch {a,b}", "sudo ls a?", "sudo true # why"])
def test_a_command_with_words_that_bash_expands_is_not_guessed_at(command: str) -> None:
    assert sudo_of(command) == []


@pytest.mark.parametrize("option", ["-n", "--"])
def test_an_option_of_the_command_itself_is_kept(option: str) -> None:
    assert sudo_of(f"sudo git log {option} x") == [("git", "log", option, "x")]
