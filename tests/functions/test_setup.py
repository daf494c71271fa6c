"""Setup makes a host ready, and changes nothing when it is run again."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.host import LocalHost
from tests.support.setting_up import home, put_site, set_up


def test_a_fresh_host_gets_what_a_release_needs(bare_host: LocalHost) -> None:
    assert set_up(bare_host).code == 0
    assert all(folder.is_dir() for folder in (bare_host.repo, bare_host.state_dir, bare_host.releases))
    assert (bare_host.home / "runtime/source").stat().st_mode & 0o7777 == 0o700
    assert not bare_host.live.is_symlink()
    assert list(bare_host.temporary.iterdir()) == []


def test_run_again_it_changes_nothing(host: LocalHost) -> None:
    host.use(runtime_files=[".env.local"])
    before = home(host)
    assert set_up(host).code == 0
    assert home(host) == before


def test_run_again_on_a_live_host_it_changes_nothing(host: LocalHost) -> None:
    host.release()
    before = home(host)
    assert set_up(host).code == 0
    assert home(host) == before


def test_what_is_missing_is_made_again(host: LocalHost) -> None:
    host.release()
    (host.home / "runtime/source").rmdir()
    (host.home / "runtime").rmdir()
    assert set_up(host).code == 0
    assert (host.home / "runtime/source").is_dir()


def test_a_directory_for_runtime_files_that_others_can_read_is_closed(host: LocalHost) -> None:
    (host.home / "runtime/source").chmod(0o755)
    set_up(host)
    assert (host.home / "runtime/source").stat().st_mode & 0o7777 == 0o700


def test_it_lists_the_runtime_files_that_belong_there(bare_host: LocalHost) -> None:
    bare_host.use(runtime_files=[".env.local", {"path": "config/*.json", "optional": True}])
    notes = set_up(bare_host).texts("note")
    assert ".env.local" in notes
    assert "config/*.json" in notes


def test_files_that_a_persistent_link_will_hide_are_named(bare_host: LocalHost, tmp_path: Path) -> None:
    target = tmp_path / "it's efs"
    bare_host.use(
        persistent_links={"public/media": str(target), "logo": "~/logo", **dict.fromkeys(["empty", "linked", "none"], "~")}
    )
    put_site(bare_host.live / "public/media/2026")
    for folder in ("empty", "linked to"):
        put_site(bare_host.live / folder)
    (bare_host.live / "logo").write_text("a file")
    (bare_host.live / "linked").symlink_to("linked to")
    for name in ("index.html", "run"):
        (bare_host.live / "empty" / name).unlink()
    (bare_host.live / "empty/.gitkeep").touch()
    notes = [words[0] for words in set_up(bare_host).all("note") if "cp -an" in words[0]]
    assert {note.split()[0] for note in notes} == {"public/media", "logo"}
    target.mkdir()
    for note in notes:
        subprocess.run(["bash", "-c", note.partition("before: ")[2]], check=True)
    assert (target / "2026/index.html").read_text() == "hello\n"
    assert (bare_host.home / "logo").read_text() == "a file"


def test_a_live_release_hides_no_files_behind_its_persistent_links(host: LocalHost) -> None:
    host.use(persistent_links={"public/media": str(host.temporary)})
    (host.temporary / "photo").touch()
    host.release()
    assert "cp -an" not in set_up(host).texts("note")


def test_a_repository_that_cannot_be_reached_is_an_error(bare_host: LocalHost) -> None:
    bare_host.use(repository=str(bare_host.folder / "nowhere"))
    assert set_up(bare_host).code == 3


def test_an_interrupted_first_setup_is_completed(bare_host: LocalHost, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(os, "rename", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        assert set_up(bare_host).code == -signal.SIGKILL
    assert set_up(bare_host).code == 0
    assert (bare_host.state_dir / "reserve").is_file()
    assert bare_host.build().code == 0


def test_setup_waits_for_nobody_who_holds_the_lock(host: LocalHost) -> None:
    with host.lock("deploy"):
        done = set_up(host)
    assert (done.code, "deploy" in done.failure) == (6, True)


def test_a_target_that_is_not_there_is_named_and_stops_no_setup(bare_host: LocalHost) -> None:
    bare_host.use(persistent_links={"public/media": "/nonexistent/media"})
    done = set_up(bare_host)
    assert done.code == 0
    assert "/nonexistent/media does not exist, and public/media is to link to it" in done.texts("warn")
