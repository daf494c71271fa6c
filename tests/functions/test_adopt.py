"""What is live already becomes the first release without a gap, whatever dies meanwhile."""

import os
import signal
import threading
from types import ModuleType

import pytest

from tasks.host import adopt, files
from tests.support.host import LocalHost
from tests.support.records import LocalRecords
from tests.support.setting_up import home, put_site, set_up
from tests.support.snapshot import snapshot

SERVICES = [{"run": "true"}]


def adopted(host: LocalHost) -> str:
    done = set_up(host)
    assert done.code == 0, (done.failure, done.texts("tail"))
    name = host.live.readlink().name
    host.assert_live(name)
    assert host.seal(name)["commit"] is None
    assert (host.live / "index.html").read_text() == "hello\n"
    return name


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
    bare_host.use(services=SERVICES)
    put_site(bare_host.live)
    name = adopted(bare_host)
    assert bare_host.state()["post_release_pending"]
    (next_one,) = LocalRecords(bare_host).sealed(1)
    with bare_host.lock("release") as locked:
        assert locked.refused
        assert "post-release" in locked.refused.failure + str(locked.refused.events)
    bare_host.finish(name)
    assert bare_host.cut_over(next_one).code == 0


def test_services_that_have_followed_are_enough_though_the_old_site_is_not_well(bare_host: LocalHost) -> None:
    bare_host.use(services=SERVICES)
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


def test_a_directory_on_another_filesystem_is_an_error(bare_host: LocalHost, monkeypatch: pytest.MonkeyPatch) -> None:
    put_site(bare_host.live)
    monkeypatch.setattr(adopt, "device", lambda path: 0 if path == str(bare_host.live) else 1)
    done = set_up(bare_host)
    assert (done.code, "different filesystems" in done.failure) == (3, True)
    assert not bare_host.live.is_symlink()


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("before", [(files, "system_call"), (adopt, "_seal")], ids=["exchange", "seal"])
@pytest.mark.parametrize("kind", ["directory", "link"])
def test_one_that_died_is_completed_by_the_next_setup(
    bare_host: LocalHost, monkeypatch: pytest.MonkeyPatch, before: tuple[ModuleType, str], kind: str
) -> None:
    bare_host.use(services=SERVICES)
    site = put_site(bare_host.live if kind == "directory" else bare_host.home / "site")
    if kind == "link":
        bare_host.live.symlink_to(site)
    with monkeypatch.context() as dying:
        dying.setattr(*before, die)
        assert set_up(bare_host).code == -signal.SIGKILL
    assert (bare_host.live / "index.html").read_text() == "hello\n"
    adopted(bare_host)
    assert len(list(bare_host.releases.iterdir())) == 1
    assert bare_host.state()["post_release_pending"] == (kind == "directory")
