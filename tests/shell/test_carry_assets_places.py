"""Where assets are carried from and to: never through a link that leads out, never half, and never silently not."""

import os
from pathlib import Path

import pytest

from tests.support.assets import ASSETS, assets, built, carried, go_live, publish
from tests.support.host import LocalHost

# python3, with a line that runs before the program does
PRELUDE = (
    '[[ $* == *carry* ]] || exec $REAL "$@"\nexec $REAL -I -c \'%s; exec(compile(sys.stdin.read(), "-", "exec"))\' "${@:3}"'
)


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


def test_a_path_that_is_nowhere_is_told(site: LocalHost) -> None:
    site.use(carry_assets=["public/biuld"])
    built(site, "app.1.js")
    _, done = built(site, "app.2.js")
    assert "public/biuld is neither in the live release nor in the new one" in done.texts("warn")


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("import os, sys; here = os.open; os.open = lambda path, *a, **k: (path == 'app.1.js' and os.unlink(path, **k), "
         "here(path, *a, **k))[1]", "No such file"),
        ("import os, sys; here = os.open; os.open = lambda path, *a, **k: here(path if path != 'deep' else 'shut', *a, **k)",
         "No such file"),
        ("import errno, os, sys; os.fchmod = lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, 'No space left'))",
         "No space left"),
    ],
    ids=["a file that has gone meanwhile", "a directory that cannot be opened", "a full disk"],
)  # fmt: skip
def test_a_file_that_cannot_be_carried_fails_the_build_and_says_which(site: LocalHost, before: str, said: str) -> None:
    first, _ = built(site, "app.1.js", "deep/x.js")
    publish(site, "app.2.js")
    site.shim("python3", PRELUDE % before.replace("'", '"'))
    done = site.build()
    assert (done.code, "carry assets" in done.steps) == (3, False)
    assert ASSETS in done.failure
    assert "could not be carried" in done.failure
    assert said in done.failure
    site.assert_live(first.name)
    site.assert_clean()
