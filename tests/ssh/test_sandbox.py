"""A sandbox comes up and goes away whole."""

import subprocess
from pathlib import Path

import pytest

from tasks.config.inventory import PROJECT, sandbox_folder
from tasks.errors import UsageError
from tasks.sandbox import world
from tasks.sandbox.host import process
from tasks.sandbox.host.layout import Layout
from tasks.sandbox.world import Sandbox
from tests.support.sandbox import make_live, run, text


def test_commits_are_the_same_in_every_sandbox(sandbox: Sandbox, fresh_sandbox: Sandbox) -> None:
    def refs(origin: Path) -> str:
        return subprocess.run(["git", "-C", str(origin), "for-each-ref"], capture_output=True, check=True, text=True).stdout

    assert refs(sandbox.origin) == refs(fresh_sandbox.origin)
    assert len(refs(sandbox.origin).splitlines()) == 3


def test_start_leaves_a_running_sandbox_as_it_is(sandbox: Sandbox) -> None:
    before = set(process.inside(sandbox))
    again = world.start(sandbox.folder)
    assert (again.folder, again.port, again.web_url) == (sandbox.folder, sandbox.port, sandbox.web_url)
    assert set(process.inside(sandbox)) == before


def test_two_sandboxes_run_side_by_side(sandbox: Sandbox, fresh_sandbox: Sandbox) -> None:
    assert sandbox.port != fresh_sandbox.port
    assert text(sandbox, "ftsuser", "pwd") != text(fresh_sandbox, "ftsuser", "pwd")


def test_stop_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    sandbox = world.start(tmp_path / "host")
    make_live(sandbox, "source-1", "master")
    run(sandbox, "ubuntu", "sudo systemctl restart 'site-worker@*'")
    run(sandbox, "ftsuser", "setsid sleep 60 > /dev/null 2>&1 & trap '' TERM; setsid sleep 60 > /dev/null 2>&1 &")
    started = list(process.inside(sandbox))
    servers = [process.running(sandbox, name) for name in ("sshd", "site-web", "site-worker@1", "site-worker@2")]
    world.stop(sandbox.folder)
    assert set(servers) < set(started)
    assert len(started) >= 6
    assert not [known for known in started if known.alive]
    assert not sandbox.folder.exists()


def test_sandbox_that_died_is_replaced(tmp_path: Path) -> None:
    first = world.start(tmp_path / "host")
    server = process.running(first, "sshd")
    assert server
    process.end(server)
    second = world.start(tmp_path / "host")
    assert text(second, "ftsuser", "echo up") == "up"
    world.stop(second.folder)


def test_folder_with_something_else_in_it_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work")
    for verb in (world.start, world.stop):
        with pytest.raises(UsageError, match="no sandbox"):
            verb(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "ten years of work"


def test_failed_start_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.sandbox.origin.HISTORY", ())
    with pytest.raises(Exception, match="git origin could not be made"):
        world.start(tmp_path / "host")
    assert not (tmp_path / "host").exists()
    assert not list(process.inside(Layout(tmp_path / "host")))


def test_folder_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_DIR", "elsewhere")
    assert sandbox_folder(Path.cwd()) == PROJECT / "elsewhere"
    monkeypatch.delenv("SANDBOX_DIR")
    assert sandbox_folder(Path.cwd()) == PROJECT / ".sandbox"


def test_missing_asyncssh_names_the_file_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"requirements-sandbox\.txt"):
        world.start(tmp_path / "host")
