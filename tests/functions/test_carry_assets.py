"""Assets of the live release that the new one lacks are carried into it, for pages that are open already, and age out."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.support.assets import ASSETS, assets, built, carried, go_live, publish
from tests.support.host import LocalHost
from tests.support.snapshot import snapshot

NASTY = (b"it's.js", b"two words.js", b"new\nline.js", b"$(touch ran).js", b"-rf", b".hidden", "prix-€.js".encode(), b"\xff.js")


@pytest.fixture
def site(host: LocalHost) -> LocalHost:
    host.use(carry_assets=[ASSETS])
    return host


def test_an_asset_of_the_release_before_is_in_the_new_one(site: LocalHost) -> None:
    first, _ = built(site, "app.1.js", "chunks/x.1.js")
    second, done = built(site, "app.2.js")
    assert assets(second) == {"app.1.js", "chunks/x.1.js", "app.2.js"}
    assert (second / ASSETS / "chunks/x.1.js").read_text() == "chunks/x.1.js"
    said = f"assets carried from {first.name}: 2 (21 bytes); 0 left out, being keep_releases releases old"
    assert done.texts("note") == said


def test_release_json_says_where_each_came_from_and_nothing_else_is_left(site: LocalHost) -> None:
    first, _ = built(site, "app.1.js")
    second, _ = built(site, "app.2.js")
    third, _ = built(site, "app.3.js")
    assert carried(third) == {f"{ASSETS}/app.1.js": first.name, f"{ASSETS}/app.2.js": second.name}
    own = {"index.html", "public/app.css", "apps/api/main", "release.json"}
    assert assets(third, ".") == own | {f"{ASSETS}/app.{number}.js" for number in (1, 2, 3)}
    site.assert_clean()


def test_what_is_told_of_releases_has_no_list_of_files(site: LocalHost) -> None:
    built(site, "app.1.js")
    built(site, "app.2.js")
    assert "app.1.js" not in json.dumps(site.state())
    assert {key for release in site.state()["releases"] for key in release} == {
        *("name", "ref", "commit", "by", "built_at", "released_at", "state", "why")
    }


@pytest.mark.parametrize(("keep", "releases"), [(1, 2), (3, 3)])
def test_an_asset_is_gone_keep_releases_releases_later(site: LocalHost, keep: int, releases: int) -> None:
    site.use(carry_assets=[ASSETS], keep_releases=keep)
    made = [built(site, f"app.{number}.js") for number in range(5)]
    there = [[number for number in range(5) if f"app.{number}.js" in assets(release)] for release, _ in made]
    assert there == [list(range(max(0, number - releases + 1), number + 1)) for number in range(5)]
    assert "; 1 left out" in made[-1][1].texts("note")


def test_builds_that_never_went_live_count_too_but_what_is_live_is_always_carried(site: LocalHost) -> None:
    site.use(carry_assets=[ASSETS], keep_releases=2)
    built(site, "app.1.js")
    for number in (2, 3, 4):
        publish(site, f"app.{number}.js")
        assert site.build().code == 0
    last, _ = built(site, "app.5.js")
    assert assets(last) == {"app.1.js", "app.5.js"}


def test_after_a_rollback_what_is_carried_is_what_is_live_again(site: LocalHost) -> None:
    first, _ = built(site, "app.1.js")
    built(site, "app.2.js")
    assert site.cut_over("", "rollback").code == 0
    third, _ = built(site, "app.3.js")
    assert assets(third) == {"app.1.js", "app.3.js"}
    assert carried(third) == {f"{ASSETS}/app.1.js": first.name}


def test_an_asset_whose_origin_nobody_knows_any_more_counts_from_the_live_release(site: LocalHost) -> None:
    built(site, "app.1.js")
    second, _ = built(site, "app.2.js")
    lines = (site.state_dir / "history").read_text().splitlines(keepends=True)
    (site.state_dir / "history").write_text("".join(line for line in lines if second.name in line))
    third, _ = built(site, "app.3.js")
    assert carried(third) == {f"{ASSETS}/app.{number}.js": second.name for number in (1, 2)}


def test_one_of_the_new_releases_own_is_never_replaced(site: LocalHost) -> None:
    release, _ = built(site, "manifest.json")
    site.use(carry_assets=[ASSETS], apps={"web": {"bootstrap": [f"echo new > {ASSETS}/manifest.json"]}})
    second, _ = go_live(site)
    assert ((release / ASSETS / "manifest.json").read_text(), (second / ASSETS / "manifest.json").read_text()) == (
        "manifest.json",
        "new\n",
    )
    assert carried(second) == {}


def test_mode_and_time_are_kept_and_the_inode_is_its_own(site: LocalHost) -> None:
    first, _ = built(site, "app.1.js")
    source = first / ASSETS / "app.1.js"
    source.chmod(0o640)
    os.utime(source, ns=(1, 1_234_567_890_123_456_789))
    second, _ = built(site, "app.2.js")
    copy, original = (second / ASSETS / "app.1.js").stat(), source.stat()
    assert (copy.st_mode & 0o7777, copy.st_mtime_ns) == (0o640, 1_234_567_890_123_456_789)
    assert (copy.st_nlink, original.st_nlink, copy.st_ino == original.st_ino) == (1, 1, False)


def test_the_live_release_is_only_read(site: LocalHost) -> None:
    first, _ = built(site, "app.1.js", "a/b/c.js")
    before = snapshot(first)
    built(site, "app.2.js")
    assert snapshot(first) == before


def test_a_first_release_carries_nothing(site: LocalHost) -> None:
    release, done = built(site, "app.1.js")
    assert ("carried" in json.loads((release / "release.json").read_text()), done.texts("note")) == (False, "")


def test_a_site_that_does_not_ask_for_it_carries_nothing(host: LocalHost) -> None:
    built(host, "app.1.js")
    second, _ = built(host, "app.2.js")
    assert assets(second) == {"app.2.js"}


def test_a_live_directory_that_setup_took_over_is_a_source_like_any_other(bare_host: LocalHost) -> None:
    (bare_host.live / ASSETS).mkdir(parents=True)
    (bare_host.live / ASSETS / "old.js").write_text("old")
    bare_host.use(carry_assets=[ASSETS])
    bare_host.set_up()
    was = bare_host.live.readlink().name
    bare_host.finish(was, "ok")
    release, _ = built(bare_host, "new.js")
    assert assets(release) == {"old.js", "new.js"}
    assert carried(release) == {f"{ASSETS}/old.js": was}


def test_a_file_may_have_any_name_and_keeps_its_origin_under_it(site: LocalHost) -> None:
    first, _ = built(site, "app.1.js")
    for name in NASTY:
        Path(os.fsdecode(bytes(first / ASSETS) + b"/" + name)).write_text("odd")
    built(site, "app.2.js")
    third, _ = built(site, "app.3.js")
    odd = {path: origin for path, origin in carried(third).items() if (third / path).read_text() == "odd"}
    assert odd == {os.fsdecode(ASSETS.encode() + b"/" + name): first.name for name in NASTY}
    assert "ran" not in {name for _, _, names in os.walk(site.home) for name in names}  # what is deleted meanwhile is no error


def test_what_was_carried_outlives_its_origin(site: LocalHost) -> None:
    site.use(carry_assets=[ASSETS], keep_releases=3)
    first, _ = built(site, "app.1.js")
    built(site, "app.2.js")
    subprocess.run(["rm", "-rf", first], check=True)
    third, _ = built(site, "app.3.js")
    assert assets(third) == {"app.1.js", "app.2.js", "app.3.js"}
    assert stat.S_ISREG((third / ASSETS / "app.1.js").lstat().st_mode)
