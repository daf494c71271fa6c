"""Commands from hosts.yml: side by side, each a plain `bash -c TEXT`, whatever it reads, prints, or leaves running."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.host import LocalHost
from tests.support.snapshot import snapshot
from tests.support.talk import Ran


def web(*commands: str, **more: Any) -> dict[str, Any]:
    return {"apps": {"web": {"bootstrap": list(commands)}}, **more}


def built(host: LocalHost, **keys: Any) -> Path:
    host.use(**keys)
    done = host.build()
    assert done.code == 0, (done.failure, done.texts("tail"))
    return host.releases / done.facts["release"]


def log_of(host: LocalHost) -> str:
    return host.log(host.history()[-1]["name"])


def alive(pid: Path) -> bool:
    """Whether the process that wrote its pid there still runs; one that nobody has waited for does not."""
    status = Path("/proc", pid.read_text().strip(), "stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def gone(pid: Path) -> bool:
    deadline = time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(pid)


def test_every_line_is_labelled_with_its_app(host: LocalHost) -> None:
    apps = {"web": {"bootstrap": ["printf 'one\\ntwo\\n'"]}, "dossier api": {"bootstrap": ["echo three"]}}
    built(host, apps=apps)
    lines = log_of(host).splitlines()
    assert {"web | one", "web | two", "dossier api | three"} <= set(lines)


def test_apps_are_built_side_by_side(host: LocalHost) -> None:
    met = "touch {0} && for _ in $(seq 500); do [[ -e {1} ]] && exit 0; sleep 0.02; done; exit 1"
    apps = {name: {"bootstrap": [met.format(name, other)]} for name, other in (("a", "b"), ("b", "a"))}
    assert (built(host, apps=apps) / "a").exists()


def test_the_commands_of_an_app_run_in_order(host: LocalHost) -> None:
    assert (built(host, **web("echo 1 >> n", "echo 2 >> n", "echo 3 >> n")) / "n").read_text() == "1\n2\n3\n"


def test_the_first_failure_stops_the_others_and_shows_its_last_lines(host: LocalHost) -> None:
    pid = host.folder / "pid"
    wait = f"while [[ ! -e {pid} ]]; do sleep 0.02; done"
    host.use(
        apps={
            "slow": {"bootstrap": [f"echo $$ > {pid}; sleep 300", "touch never"]},
            "web": {"bootstrap": [f"{wait}; seq 100; echo 'the reason' >&2; exit 9"]},
        }
    )
    done = host.build()
    assert (done.code, done.failure.startswith("web: ")) == (3, True)
    assert "exited 9" in done.failure
    tail = [words[1] for words in done.all("tail")]
    assert tail[-2:] == ["100", "the reason"]
    assert all(words[0] == "web" for words in done.all("tail"))
    assert gone(pid)
    host.assert_clean()


def test_what_failed_is_in_history(host: LocalHost) -> None:
    host.use(**web("exit 1"))
    host.build()
    assert (host.history()[-1]["event"], host.history()[-1]["step"]) == ("failed", "bootstrap")


@pytest.mark.parametrize("command", ["false; true", "false | true", "echo $unset_variable", "set -e; true", "yes | head -n 1"])
def test_no_shell_option_is_set(host: LocalHost, command: str) -> None:
    built(host, **web(command))


def test_a_command_gets_the_options_of_a_plain_bash(host: LocalHost) -> None:
    assert (built(host, **web('echo "$-" > options; shopt -p > shopt')) / "options").read_text() == "hBc\n"


def test_stdin_is_empty(host: LocalHost) -> None:
    read = "cat > read; echo $? >> read; readlink /proc/self/fd/0 >> read"
    assert (built(host, **web(read)) / "read").read_text() == "0\n/dev/null\n"


def test_a_command_runs_in_the_path_of_its_app_and_publish_in_the_release(host: LocalHost) -> None:
    apps = {"api": {"path": "apps/api", "bootstrap": ["pwd > where"]}}
    release = built(host, apps=apps, publish=["pwd > published"])
    assert (release / "apps/api/where").read_text() == f"{host.state_dir}/{release.name}/apps/api\n"
    assert (release / "published").read_text() == f"{release}\n"


def test_an_app_whose_path_is_not_there_is_named(host: LocalHost) -> None:
    host.use(apps={"api": {"path": "apps/gone", "bootstrap": ["true"]}})
    assert "apps/gone" in host.build().failure


@pytest.mark.parametrize("value", ["$HOME", "it's", 'a"b', "new\nline", "", " x ", "`id`", "\\", "é", "-n", "a=b"])
def test_env_is_literal(host: LocalHost, value: str) -> None:
    release = built(host, **web("printenv -0 KEY > value"), env={"KEY": value})
    assert (release / "value").read_text() == value + "\0"


@pytest.mark.parametrize("name", ["LOG", "WORK", "NONCE", "STATE", "FAILED", "UID", "STEP_TIMEOUT", "path", "secrets"])
def test_env_may_have_any_name_without_meeting_a_variable_of_ours(host: LocalHost, name: str) -> None:
    release = built(host, **web(f"env -0 | grep -z '^{name}=' > value; echo said"), env={name: "a value"})
    assert (release / "value").read_text() == f"{name}=a value\0"
    assert "web | said" in log_of(host)


def test_path_comes_first_with_home_and_relative_directories(host: LocalHost) -> None:
    for folder in (host.home / ".bun/bin", host.home / "with space"):
        folder.mkdir(parents=True)
    bun, tool = host.home / ".bun/bin/bun", host.home / "with space/tool"
    for file in (bun, tool):
        file.write_text("#!/bin/bash\necho ${0##*/} >> ran\n")
        file.chmod(0o755)
    host.origin.commit({"bin/own": "#!/bin/bash\necho own >> ran\n", "bin/ls": "#!/bin/bash\necho ls >> ran\n"})
    host.origin.git("update-index", "--chmod=+x", "bin/own", "bin/ls")
    host.origin.git("commit", "--quiet", "--message=executable")
    release = built(host, **web("bun; tool; own; ls"), path=["~/.bun/bin", "~/with space", "bin"])
    assert (release / "ran").read_text() == "bun\ntool\nown\nls\n"


def test_every_command_is_told_its_release(host: LocalHost) -> None:
    show = 'echo "$LIVE_LINK_NAME $RELEASE_NAME $RELEASE_PATH $RELEASE_REF $RELEASE_COMMIT" > told'
    release = built(host, publish=[show])
    told = f"source {release.name} {release} master {host.origin.first}\n"
    assert (release / "told").read_text() == told


def test_nothing_of_ours_is_inherited(host: LocalHost) -> None:
    release = built(host, **web("ls /proc/self/fd > fds; env > env"))
    assert {int(fd) for fd in (release / "fds").read_text().split()} <= {0, 1, 2, 3}  # 3 is ls's own
    assert not {"NONCE", "LOG", "WORK"} & {line.partition("=")[0] for line in (release / "env").read_text().splitlines()}


def test_a_large_output_is_logged_whole(host: LocalHost) -> None:
    built(host, **web("yes 'a line of sixteen' | head -c 50000000; echo; echo the end"))
    log = log_of(host)
    assert len(log) > 50_000_000
    assert "web | the end\n" in log


def test_a_log_does_not_fill_the_disk_and_keeps_how_it_ended(host: LocalHost) -> None:
    host.use(**web("yes 'a line of sixteen' | head -c 80000000; echo; echo the end; false"))
    failed = host.build()
    log = log_of(host)
    assert failed.code == 3
    assert 60_000_000 < len(log) < 70_000_000
    assert log.count("web | (the log is full: ") == 1
    assert log.endswith("web | the end\n")


@pytest.mark.parametrize(
    "command",
    ["head -c 300000 /dev/urandom", "printf 'no end of line'", "printf '\\r\\r\\0\\033[2J\\377'", "true", "printf '\\n\\n'"],
)
def test_output_may_be_anything_or_nothing(host: LocalHost, command: str) -> None:
    host.use(**web(command))
    done = host.build()
    assert (done.code, done.all("noise")) == (0, [])


def test_nothing_that_moves_a_cursor_reaches_the_workstation(host: LocalHost) -> None:
    host.use(**web("printf 'a\\033[2Jb\\007c\\033]0;title\\007\\n'; exit 1"))
    shown = "".join(text for kind in ("line", "tail") for words in host.build().all(kind) for text in words)
    assert shown
    assert shown.isprintable()


def test_a_forged_event_is_only_a_line(host: LocalHost) -> None:
    """A command that prints events as its job writes them, and as the conversation sends them, has printed lines."""
    forged = '["swapped", "evil", "old"]'
    written = 'cat "$HOME"/builds/source/jobs/*/events'
    host.use(**web(f"printf '%s\\n' '{forged}' '{'0' * 32} 1 {forged}'; {written} | sed 's/.*/{forged}/'"))
    done = host.build()
    assert log_of(host).count(forged) > 3
    assert (done.code, done.all("swapped")) == (0, [])


DAEMONS = {
    "that keeps the output open": "sleep 300 & echo $! > {pid}",
    "that goes on printing": "(trap '' PIPE; while :; do echo tick; sleep 0.01; done) & echo $! > {pid}",
    "in a session of its own": "setsid bash -c 'echo $$ > {pid}; exec sleep 300' & while [[ ! -s {pid} ]]; do sleep 0.02; done",
}


@pytest.mark.parametrize("how", DAEMONS)
def test_a_daemon_holds_up_nothing_and_no_lock(host: LocalHost, how: str) -> None:
    pid = host.folder / "pid"
    host.use(**web(DAEMONS[how].format(pid=pid), "echo next"))
    try:
        done: Ran = host.build()
        assert (done.code, alive(pid)) == (0, True)
        host.assert_clean()
    finally:
        os.kill(int(pid.read_text()), 9)


def test_a_command_that_hangs_is_ended_with_its_children(host: LocalHost) -> None:
    pids = host.folder / "pid", host.folder / "child"
    host.use(**web(f"echo $$ > {pids[0]}; sleep 300 & echo $! > {pids[1]}; wait"), step_timeout=1)
    done = host.build()
    assert done.code == 3
    assert "step_timeout" in done.failure
    assert all(gone(pid) for pid in pids)
    host.assert_clean()


def test_an_app_whose_path_leads_out_of_the_build_is_refused(host: LocalHost) -> None:
    (host.home / "elsewhere").mkdir()
    host.origin.commit({}, links={"app": str(host.home / "elsewhere")})
    host.use(apps={"web": {"path": "app", "bootstrap": ["touch ran"]}})
    done = host.build()
    assert (done.code, "leads out of the build" in done.failure) == (3, True)
    assert not list((host.home / "elsewhere").iterdir())


def test_a_command_that_puts_a_link_in_the_place_of_the_build_fails_it(host: LocalHost) -> None:
    name = host.release()
    before = snapshot(host.releases / name)
    swap = f'rm -rf "$PWD" && ln -s {host.releases / name} "$PWD"'
    host.use(apps={"web": {"bootstrap": [swap], "drop": ["public"]}})
    done = host.build()
    assert (done.code, "drop" in done.steps) == (3, False)
    assert "has put a link in the place of" in done.failure
    assert snapshot(host.releases / name) == before
    host.assert_clean()
