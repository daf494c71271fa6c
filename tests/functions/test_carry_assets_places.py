"""Where assets are carried from and to: never through a link that leads out, never half, and never silently not."""

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.host import tree
from tasks.host.build import assets as step
from tasks.host.failure import Failed
from tasks.host.tree import everything, real
from tests.functions.made import Made
from tests.support.assets import ASSETS, assets, built, carried, go_live, publish
from tests.support.host import LocalHost
from tests.support.nested import DEPTH, nested


@pytest.fixture
def site(host: LocalHost) -> LocalHost:
    host.use(carry_assets=[ASSETS])
    return host


def test_paths_that_overlap_carry_a_file_once(site: LocalHost) -> None:
    site.use(carry_assets=["public", ASSETS, f"{ASSETS}/app.1.js"])
    first, _ = built(site, "app.1.js")
    second, done = built(site, "app.2.js")
    assert carried(second) == {f"{ASSETS}/app.1.js": first.name}
    assert ": 1 (8 bytes); 0 left out" in done.texts("note")


def test_a_path_may_be_one_file(site: LocalHost) -> None:
    site.use(carry_assets=[f"{ASSETS}/app.1.js"])
    built(site, "app.1.js", "other.js")
    second, _ = built(site, "app.2.js")
    assert assets(second) == {"app.1.js", "app.2.js"}


def test_links_and_what_is_no_file_are_neither_followed_nor_carried(site: LocalHost, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("secret")
    first, _ = built(site, "app.1.js")
    (first / ASSETS / "folder").symlink_to(tmp_path / "outside")
    (first / ASSETS / "file").symlink_to(tmp_path / "outside/secret")
    (first / ASSETS / "nowhere").symlink_to("nowhere")
    os.mkfifo(first / ASSETS / "pipe")
    second, _ = built(site, "app.2.js")
    assert assets(second) == {"app.1.js", "app.2.js"}


def test_a_path_that_is_a_link_within_the_release_is_the_directory_that_it_leads_to(site: LocalHost) -> None:
    site.origin.commit({}, links={"public/build": "../web"})
    publish(site, "app.1.js", folder="web")
    go_live(site)
    publish(site, "app.2.js", folder="web")
    second, _ = go_live(site)
    assert assets(second, "web") == {"app.1.js", "app.2.js"}


def test_nothing_is_carried_through_a_link_that_leads_out_of_the_live_release(site: LocalHost, tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media/film").write_text("film")
    site.use(carry_assets=["public/media"], persistent_links={"public/media": str(tmp_path / "media")})
    go_live(site)
    second, done = go_live(site)
    assert carried(second) == {}
    assert "public/media leads out of the live release" in done.texts("warn")


def test_nothing_is_written_through_a_link_that_leads_out_of_the_build(site: LocalHost, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    built(site, "img/a.png", "app.1.js")
    publish(site, "app.2.js")
    site.origin.commit({}, links={f"{ASSETS}/img": str(tmp_path / "outside")})
    second, done = go_live(site)
    assert list((tmp_path / "outside").iterdir()) == []
    assert (second / ASSETS / "app.1.js").exists()
    assert f"not carried, for the new build has something else in its place: {ASSETS}/img/a.png (1 in all)" in done.texts(
        "warn"
    )


def test_a_file_in_the_place_of_a_directory_is_told_and_stays(site: LocalHost) -> None:
    built(site, "img/a.png", "img/b/c.png")
    second, done = built(site, "img")
    assert (second / ASSETS / "img").read_text() == "img"
    assert f"{ASSETS}/img/a.png (2 in all)" in done.texts("warn")


def test_what_lies_in_many_directories_in_one_another_is_carried(site: LocalHost) -> None:
    live, _ = built(site, "app.1.js")
    path = Path(ASSETS, *"d" * DEPTH, "deep.js")
    with nested(live / ASSETS, "d", site.releases, site.builds):
        (live / path).write_text("deep")
        second, _ = go_live(site)
        assert (second / path).read_text() == "deep"


def test_a_path_that_is_nowhere_is_told(site: LocalHost) -> None:
    site.use(carry_assets=["public/biuld"])
    built(site, "app.1.js")
    _, done = built(site, "app.2.js")
    assert "public/biuld is neither in the live release nor in the new one" in done.texts("warn")


def carrying(site: LocalHost, monkeypatch: pytest.MonkeyPatch) -> Made:
    """The step on this host, in this process, for a build that lacks app.1.js of the live release."""
    monkeypatch.setenv("HOME", str(site.home))
    built(site, "app.1.js")
    run = Made(release="source-21000101T000000Z")
    (Path(run.build) / ASSETS).mkdir(parents=True)
    return run


def test_a_full_disk_fails_the_step_with_the_file(site: LocalHost, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    run = carrying(site, monkeypatch)
    monkeypatch.setattr(step, "clone", full)
    with pytest.raises(Failed) as failure:
        step.carry(run, 5, [ASSETS])
    assert failure.value.what == f"{run.build}/{ASSETS}/app.1.js could not be carried: No space left on device"


def test_a_file_that_has_gone_meanwhile_fails_the_step(site: LocalHost, monkeypatch: pytest.MonkeyPatch) -> None:
    def found(path: str) -> Iterator[tuple[str, str, int, int]]:
        for place, name, at, mode in everything(path):
            if name == "app.1.js":
                os.unlink(name, dir_fd=at)
            yield place, name, at, mode

    run = carrying(site, monkeypatch)
    monkeypatch.setattr(tree, "everything", found)
    with pytest.raises(Failed, match="could not be carried: No such file or directory") as failure:
        step.carry(run, 5, [ASSETS])
    assert failure.value.what.startswith(f"{site.live.resolve()}/{ASSETS}/app.1.js ")


def test_a_directory_that_becomes_a_link_meanwhile_leads_nowhere(
    site: LocalHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    run = carrying(site, monkeypatch)
    (tmp_path / "outside/build").mkdir()

    def swapped(root: str, path: str) -> "str | None":
        found = real(root, path)
        shutil.rmtree(Path(run.build) / "public", ignore_errors=True)
        (Path(run.build) / "public").symlink_to(tmp_path / "outside")
        return found

    monkeypatch.setattr(step, "real", swapped)
    step.carry(run, 5, [ASSETS])
    assert (run.carried, list((tmp_path / "outside/build").iterdir())) == ({}, [])
    assert "not carried" in next(words[0] for kind, *words in run.events if kind == "warn")
