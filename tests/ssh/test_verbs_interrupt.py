"""Exit code 130: Ctrl-C, or SIGTERM from CI, ends what runs on the host and says how things stand."""

import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.fab import Site, finish, until
from tests.support.snapshot import settled

Make = Callable[..., Site]
ENDLESS = "echo $$ > ~/pid.new; mv ~/pid.new ~/pid; exec sleep 300"
SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)


def interrupt(site: Site, number: signal.Signals, *words: str, home: Path | None = None) -> tuple[str, Path]:
    """Interrupt a run while the endless command runs: what it says, and the command's place in /proc."""
    pid = (home or site.home) / "pid"
    running = site.start(*words)
    until(pid.exists, running)
    running.send_signal(number)
    return finish(running, 130).err, Path("/proc") / pid.read_text().strip()


@SIGNALS
def test_interrupted_build_leaves_nothing_behind(live: Site, number: signal.Signals) -> None:
    first = live.live
    before = settled(live.home / "releases")
    live.write(apps={"web": {"bootstrap": [ENDLESS]}})
    said, command = interrupt(live, number, "deploy", "--ref", "master")
    assert not command.exists()
    assert settled(live.home / "releases") == before
    assert [path.name for path in live.state.glob(f"{live.link.name}-*")] == []
    until(lambda: not live.locked)
    assert "interrupted during build" in said
    assert f"Live: {first}, unchanged." in said


def test_next_run_after_an_interrupted_one_goes_well(live: Site) -> None:
    live.write(apps={"web": {"bootstrap": [ENDLESS]}})
    before = live.names
    interrupt(live, signal.SIGINT, "release", "--ref", "master")
    live.write(apps={"web": {"bootstrap": ["true"]}})
    live.fab("release", "--ref", "master")
    assert live.names == [*before, live.live]


def test_command_that_ignores_the_signal_is_ended_too(live: Site) -> None:
    stubborn = "trap '' TERM INT; echo $$ > ~/pid.new; mv ~/pid.new ~/pid; while :; do sleep 0.1; done"
    live.write(apps={"web": {"bootstrap": [stubborn]}})
    _, command = interrupt(live, signal.SIGINT, "build", "--ref", "master")
    assert not command.exists()
    until(lambda: not live.locked)


def test_interrupted_post_release_is_pending_and_nothing_is_put_back(live: Site) -> None:
    live.write(services=[{"run": ENDLESS}])
    said, command = interrupt(live, signal.SIGINT, "deploy", "--ref", "master", home=live.sandbox.service_home)
    until(lambda: not command.exists())
    assert live.live == live.names[-1]
    assert f"Live: {live.live}, since this run. Post-release is pending." in said
    assert "next: fab -H sandbox post-release" in said
    assert live.host["post_release_pending"]
    live.write(services=None)
    until(lambda: not live.locked)


def test_migration_is_not_interrupted(live: Site) -> None:
    first = live.live
    live.write(migrate=["touch ~/pid; until [ -e ~/go-on ]; do sleep 0.05; done; touch ~/migrated"])
    running = live.start("release", "--ref", "master")
    until((live.home / "pid").exists, running)
    running.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(0.5)
    (live.home / "go-on").touch()
    said = finish(running, 130).err
    assert (live.home / "migrated").exists()
    assert live.live == first
    assert f"Live: {first}, unchanged." in said


@SIGNALS
def test_interrupted_login_ends_at_once(make: Make, number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        site = make(setup=False, port=silent.getsockname()[1])
        running = site.start("deploy", "--ref", "master")
        caller, _ = silent.accept()
        running.send_signal(number)
        assert "Nothing was changed." in finish(running, 130).err
        caller.close()
