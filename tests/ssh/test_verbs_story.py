"""The whole way, as a person walks it: the site of the sandbox is deployed, seen, rolled back and seen again."""

import re
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.sandbox import world
from tasks.sandbox.world import Sandbox
from tests.support.fab import PATIENCE, Site, sample

Make = Callable[..., Site]


def page(site: Site) -> str:
    """What a visitor sees."""
    with urllib.request.urlopen(site.sandbox.web_url, timeout=PATIENCE) as answer:  # noqa: S310
        return str(answer.read().decode())


@pytest.fixture(scope="module")
def site(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site of the sandbox, with a release that is live."""
    site = sample(sandbox, tmp_path_factory.mktemp("site"))
    site.fab("setup")
    site.deploy("v1.0")
    return site


def test_visitor_sees_each_release_and_each_way_back(site: Site) -> None:
    first = site.deploy("v1.0")
    assert "new season" not in page(site).lower()
    second = site.deploy("master")
    assert "new season" in page(site).lower()
    third = site.deploy("feature/new-design")
    assert page(site).count(third) == 4, "the page, two workers and the supervised one"

    site.fab("rollback")
    assert page(site).count(second) == 4
    site.fab("rollback")
    assert page(site).count(first) == 4
    assert "new season" not in page(site).lower()
    assert list(site.states.items())[:3] == [(third, "bad"), (second, "bad"), (first, "live")]


def test_release_waits_for_its_post_release(site: Site) -> None:
    site.deploy("v1.0")
    ran = site.fab("release", "--ref", "master")
    assert "fab -H sandbox post-release" in ran.out
    assert f"{site.live} is live, and waits for its post-release" in page(site)
    assert site.host["post_release_pending"]
    assert "pending" in site.fab("status").out
    site.fab("post-release")
    assert page(site).count(site.live) == 4
    assert not site.host["post_release_pending"]


def test_release_is_self_contained(site: Site) -> None:
    """Neither .git nor a record of the worktree; runtime files with their mode and time; media that outlive it."""
    live = site.home / "releases" / site.deploy("master")
    assert not list(live.rglob(".git"))
    assert not list((site.home / "builds" / "repo.git" / "worktrees").glob("*"))
    assert (live / "public/media").readlink() == site.sandbox.folder / "efs" / "media"
    kept, copied = (folder / ".env.local" for folder in (site.home / "runtime" / "source", live))
    assert copied.read_bytes() == kept.read_bytes()
    assert copied.stat().st_mtime_ns == kept.stat().st_mtime_ns
    assert copied.stat().st_mode & 0o777 == 0o600
    assert not (site.home / "builds" / "source" / live.name).exists()


def test_summary_tells_what_is_live_what_was_before_and_what_to_type_next(site: Site) -> None:
    before = site.live
    out = site.fab("deploy", "--ref", "master").out
    assert f"sandbox: {site.live} is live" in out
    assert re.search(rf"before +{before}", out)
    assert re.search(r"took +\d", out)
    assert "fab -H sandbox rollback" in out


def test_two_sandboxes_side_by_side_do_not_touch_each_other(site: Site, fresh_sandbox: Sandbox, tmp_path: Path) -> None:
    other = sample(fresh_sandbox, tmp_path)
    before = site.live, page(site)
    other.fab("setup")
    other.deploy("feature/new-design")
    assert (site.live, page(site)) == before
    assert other.live in page(other)


def test_setup_takes_over_a_live_directory_without_losing_it(fresh_sandbox: Sandbox, tmp_path: Path) -> None:
    site = sample(fresh_sandbox, tmp_path)
    (site.link / "public").mkdir(parents=True)
    (site.link / "public/index.html").write_text("made by hand")
    site.fab("setup")
    assert (site.link / "public/index.html").read_text() == "made by hand"
    assert list(site.states.values()) == ["live"]
    again = site.fab("setup").err
    assert "made" not in again
    assert len(site.names) == 1


def test_environment_of_the_sandbox_is_found_without_a_hosts_file(sandbox: Sandbox, site: Site) -> None:
    found = world.running(sandbox.folder)
    assert found
    assert (found.folder, found.port) == (sandbox.folder, sandbox.port)
    out = site.fab("status", "--json", HOSTS_FILE="").out
    assert site.live in out
