"""Setup makes a host ready, takes over what is live without a gap, and changes nothing when it is run again."""

import subprocess
import threading
from pathlib import Path

import pytest

from tasks.phases import setup as phases
from tests.support.host import LocalHost, Ran
from tests.support.snapshot import Snapshot, snapshot

LOCKS = ("builds/source/lock", "builds/source/job.lock")


def set_up(host: LocalHost) -> Ran:
    return host.run(phases.setup(host.environment), host.new_run("setup"))


def home(host: LocalHost) -> Snapshot:
    """All of the home but the locks, whose times tell that a run was there."""
    return {name: entry for name, entry in snapshot(host.home).items() if name not in LOCKS}


def put_site(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("hello\n")
    (folder / "run").symlink_to("index.html")
    return folder


def adopted(host: LocalHost) -> str:
    done = set_up(host)
    assert done.code == 0, (done.failure, done.texts("tail"))
    name = host.live.readlink().name
    host.assert_live(name)
    assert host.seal(name)["commit"] is None
    assert (host.live / "index.html").read_text() == "hello\n"
    return name


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


def test_an_interrupted_first_setup_is_completed(bare_host: LocalHost) -> None:
    bare_host.shim("mv", "kill -KILL $PPID")
    assert set_up(bare_host).code == 137
    (bare_host.shims / "mv").unlink()
    assert set_up(bare_host).code == 0
    assert bare_host.build().code == 0


def test_a_live_directory_becomes_a_release_and_is_never_missing(bare_host: LocalHost) -> None:
    put_site(bare_host.live)
    before = snapshot(bare_host.live)
    wrong: list[str] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                assert (bare_host.live / "index.html").read_text() == "hello\n"
            except OSError as error:
                wrong.append(str(error))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        name = adopted(bare_host)
    finally:
        stop.set()
        reader.join()
    assert wrong == []
    after = snapshot(bare_host.releases / name)
    assert {key: after[key] for key in before if key != "."} == {key: before[key] for key in before if key != "."}


def test_the_services_still_run_from_where_it_was_until_post_release(bare_host: LocalHost) -> None:
    put_site(bare_host.live)
    name = adopted(bare_host)
    assert bare_host.state()["post_release_pending"]
    next_one = bare_host.build().facts["release"]
    with bare_host.lock("release") as locked:
        assert locked.refused
        assert "post-release" in locked.refused.failure + str(locked.refused.events)
    bare_host.finish(name)
    assert bare_host.cut_over(next_one).code == 0


def test_services_that_have_followed_are_enough_though_the_old_site_is_not_well(bare_host: LocalHost) -> None:
    put_site(bare_host.live)
    bare_host.finish(adopted(bare_host), "unhealthy")
    assert bare_host.state()["post_release_pending"]
    bare_host.assert_live(bare_host.release())


def test_the_release_of_another_environment_is_not_taken_over(host: LocalHost) -> None:
    name = host.release()
    before = snapshot(host.releases)
    host.use(live_link="stage")
    (host.home / "stage").symlink_to(host.releases / name)
    done = set_up(host)
    assert (done.code, "release of another environment" in done.failure) == (3, True)
    assert snapshot(host.releases) == before


def test_a_live_directory_with_a_release_json_of_its_own_is_refused(bare_host: LocalHost) -> None:
    put_site(bare_host.live)
    (bare_host.live / "release.json").write_text("{}")
    done = set_up(bare_host)
    assert (done.code, "release.json of its own" in done.failure) == (3, True)
    assert not bare_host.live.is_symlink()


def test_a_relative_link_that_would_break_when_the_site_moves_is_named(bare_host: LocalHost) -> None:
    put_site(bare_host.live)
    (bare_host.home / "media").mkdir()
    (bare_host.live / "within").symlink_to("index.html")
    (bare_host.live / "media").symlink_to("../media")
    done = set_up(bare_host)
    assert (done.code, f"{bare_host.live}/media leads out" in done.failure) == (3, True)
    assert (bare_host.live / "media").is_dir()


@pytest.mark.parametrize("where", ["elsewhere/site", "releases/old", "releases/source-20200101T000000Z"])
@pytest.mark.parametrize("text", ["absolute", "relative"])
def test_a_live_link_keeps_its_site_and_can_be_gone_back_to(bare_host: LocalHost, where: str, text: str) -> None:
    folder = put_site(bare_host.home / where)
    bare_host.live.symlink_to(folder if text == "absolute" else where)
    done = set_up(bare_host)
    assert done.code == 0, (done.failure, done.texts("tail"))
    name = bare_host.live.resolve().name
    assert (bare_host.live / "index.html").read_text() == (folder / "index.html").read_text() == "hello\n"
    assert bare_host.seal(name)["commit"] is None
    later = bare_host.release()
    bare_host.assert_live(later)
    assert bare_host.cut_over("", "rollback").facts["release"] == name
    bare_host.assert_live(name)


def test_adopting_is_done_once(bare_host: LocalHost) -> None:
    put_site(bare_host.live)
    adopted(bare_host)
    before = home(bare_host)
    assert set_up(bare_host).code == 0
    assert home(bare_host) == before


def test_a_live_link_that_leads_nowhere_is_an_error(bare_host: LocalHost) -> None:
    bare_host.live.symlink_to("nowhere")
    done = set_up(bare_host)
    assert (done.code, "is not there" in done.failure) == (3, True)
    assert str(bare_host.live.readlink()) == "nowhere"


def test_a_live_file_is_an_error(bare_host: LocalHost) -> None:
    bare_host.live.write_text("what is this")
    assert set_up(bare_host).code == 3
    assert bare_host.live.read_text() == "what is this"


def test_a_directory_on_another_filesystem_is_an_error(bare_host: LocalHost) -> None:
    put_site(bare_host.live)
    bare_host.shim("stat", f'[[ $* == "-c %d -- {bare_host.live}" ]] && echo 0 && exit\nexec $REAL "$@"')
    done = set_up(bare_host)
    assert (done.code, "different filesystems" in done.failure) == (3, True)
    assert not bare_host.live.is_symlink()


def test_setup_waits_for_nobody_who_holds_the_lock(host: LocalHost) -> None:
    with host.lock("deploy"):
        done = set_up(host)
    assert (done.code, "deploy" in done.failure) == (6, True)
