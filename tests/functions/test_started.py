"""What of a unit or a program root runs: each command with its prefix, scripts, what a shell is told, and the directory."""

from pathlib import Path

import pytest

from tasks.host.services.scripts import run_by
from tasks.host.services.started import Runs, programs, unit

THEIRS, LIVE = "/srv/theirs", "/srv/theirs/source"
EXEC = "{{ path={0} ; argv[]={0} ; flags={1} ; start_time=[n/a] ; pid=0 ; status=0/0 }}"


def runs(*words: str, user: str = "root", folder: str = "", privileged: bool = False) -> Runs:
    return Runs("x", "systemd", user, folder, [(list(words), privileged)], {})


def theirs(places: list[str]) -> list[str]:
    return [place for place in places if place.startswith(THEIRS)]


@pytest.mark.parametrize(
    "found",
    [
        runs(f"{LIVE}/bin/worker"),
        runs("/usr/bin/php8.2", f"{LIVE}/bin/console", "about"),
        runs("/usr/bin/php", "-dextension=/srv/theirs/x.so", "/opt/x.php"),
        runs("/bin/bash", "-c", "'cd", LIVE, "&&", "php", "bin/console'"),
        runs("/bin/sh", "-c", f"{LIVE}/run;true"),
        runs("/bin/sh", "-c", f"exec {LIVE}/run;"),
        runs("/bin/sh", "-ec", "test", "-d", "/x", "&&", ".", f"{LIVE}/env", "&&", "true"),
        runs("/bin/sh", "-c", f"php /opt/x.php > /dev/null < {LIVE}/x; sh < {LIVE}/run"),
        runs("/bin/sh", f"{LIVE}/work.sh"),
        runs("/bin/sh", "-x", "work.sh", folder=LIVE),
        runs("/bin/sh", "-c", "./work.sh", folder=LIVE, user="www-data", privileged=True),
        runs("/usr/bin/env", "-i", "A=b", "php", f"--file={LIVE}/x"),
        runs("/usr/bin/env", f"LD_PRELOAD={LIVE}/x.so", "/usr/bin/true"),
        runs("/bin/sh", "-c", f"PATH={LIVE}/bin:$PATH exec server"),
        runs("/usr/bin/flock", "-n", "/run/lock/x", "nice", "-n", "5", f"{LIVE}/run"),
        runs("/usr/bin/timeout", "10m", "python3", f"{LIVE}/x.py"),
        runs("/usr/bin/sudo", f"{LIVE}/run"),
        runs("/usr/bin/su", "-c", f"{LIVE}/run", "root"),
        runs("/usr/bin/php", "bin/console", folder=LIVE),
        runs("/usr/bin/npm", "start", user="www-data", folder=LIVE, privileged=True),
        runs("/usr/bin/java", "-cp", f"/opt/x.jar:{LIVE}/lib", "Main"),
        runs("/usr/sbin/php-fpm8.2", "--fpm-config", f"{LIVE}/fpm.conf", user="www-data"),
        runs("/usr/sbin/nginx", "-p", f"{THEIRS}/nginx/", "-c", "nginx.conf"),
        runs("/usr/sbin/nginx", "-g", f"'load_module {LIVE}/x.so;'"),
        runs(f"{LIVE}/bin/worker", user="0"),
        runs(f"{LIVE}/bin/worker", user="www-data", privileged=True),
        runs("/usr/bin/true", folder=LIVE),
    ],
    ids=lambda found: " ".join(found.commands[0][0]),
)
def test_what_root_runs_is_found(found: Runs) -> None:
    assert theirs(found.places("root"))


@pytest.mark.parametrize(
    "found",
    [
        runs("/usr/bin/php", f"{LIVE}/bin/console", user="www-data"),
        runs("/usr/bin/php", "bin/console", user="ftsuser", folder=LIVE),
        runs("/usr/bin/rsync", "-a", f"{LIVE}/public/media", "/backup"),
        runs("/usr/bin/tar", "czf", "/backup.tgz", f"{THEIRS}/releases"),
        runs("/usr/bin/mkdir", "-p", "var", user="www-data", folder=LIVE, privileged=True),
        runs("/bin/sh", "-c", "mkdir -p /run/x && chown x /run/x", user="www-data", folder=LIVE, privileged=True),
        runs("/bin/sh", "-c", f"/usr/bin/date >>{LIVE}/log 2>&1; rm -f {LIVE}/x"),
        runs("/usr/sbin/runuser", "-u", "nobody", "--", f"{LIVE}/run"),
        runs("/usr/bin/su", "-", "nobody", "-c", f"php {LIVE}/run"),
        runs("/usr/bin/sudo", "-u", "nobody", "php", f"{LIVE}/run"),
        runs("/usr/bin/setpriv", "--reuid=65534", "php", f"{LIVE}/run"),
        runs("/usr/sbin/nginx", "-g", "daemon on;"),
        runs(),
    ],
    ids=lambda found: " ".join(found.commands[0][0]),
)
def test_what_another_runs_and_what_root_does_not_run_is_not(found: Runs) -> None:
    assert theirs(found.places("root")) == []


@pytest.mark.parametrize(
    ("flags", "found"), [("privileged", True), ("no-setuid", True), ("ambient", True), ("no-env-expand", False)]
)
@pytest.mark.parametrize("key", ["ExecStartPre", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost", "ExecCondition"])
def test_a_command_with_a_prefix_is_roots_whoever_the_user(key: str, flags: str, found: bool) -> None:
    about = {"Id": "a.service", "User": "ftsuser", f"{key}Ex": EXEC.format("/srv/theirs/run.sh", f"{flags} ignore-failure")}
    assert ("/srv/theirs/run.sh" in unit(about).places("root")) is found


def test_each_of_several_commands_is_looked_at() -> None:
    lines = "\n".join(EXEC.format(words, "") for words in ("/bin/true", "/srv/theirs/run.sh"))
    assert "/srv/theirs/run.sh" in unit({"Id": "a.service", "User": "", "ExecStartEx": lines}).places("root")


@pytest.mark.parametrize(
    ("command", "environment"),
    [
        ("{ path=/srv/theirs/run.sh ; argv[]=another-name ; flags= ; pid=0 }", ""),
        ("{ path=/bin/sh ; argv[]=another-name /srv/theirs/run.sh ; flags= ; pid=0 }", ""),
        ("{ path=/bin/sh ; argv[]=/bin/sh ${WHERE}/run.sh ; flags= ; pid=0 }", "A=b WHERE=/srv/theirs"),
    ],
)
def test_a_command_is_known_under_another_name_and_by_its_environment(command: str, environment: str) -> None:
    about = {"Id": "a.service", "User": "", "ExecStartEx": command, "Environment": environment}
    assert "/srv/theirs/run.sh" in unit(about).places("root")


def test_what_supervisor_itself_is_given_its_programs_have() -> None:
    given = {"supervisord": {"directory": "/srv/theirs"}, "program:a": {"command": "make"}}
    assert "/srv/theirs" in programs(given)[0].places("root")
    assert programs({**given, "supervisord": {"user": "sv"}})[0].places("root") == []


def test_a_program_of_supervisor_is_roots_where_nobody_is_named() -> None:
    command = {"command": "/bin/sh /srv/theirs/work.sh"}
    first, second = programs({"program:a": command, "program:b": {**command, "user": "ftsuser"}})
    assert (theirs(first.places("root")), second.places("root")) == (["/srv/theirs/work.sh"], [])


def test_a_file_among_the_words_of_any_program_is_found_and_what_anybody_may_have_is_not(tmp_path: Path) -> None:
    (tmp_path / "a.conf").touch()
    assert run_by(["/opt/server", f"--config={tmp_path}/a.conf", f"{tmp_path}/gone", "a.conf"], str(tmp_path)) == [
        "/opt/server",
        f"{tmp_path}/a.conf",
    ]
    assert run_by(["/usr/bin/java", "-Djava.io.tmpdir=/tmp", "/dev/stdin"]) == ["/usr/bin/java"]
