"""The asset pool from the keyboard: what only another release has is there before and after a rollback, and none is stopped."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.fab import Site, push
from tests.support.snapshot import snapshot

Make = Callable[..., Site]
POOL = {"asset_pool": ["public/build"]}
BUILD = "mkdir -p public/build; cp assets/app.css public/build/app.$(head -c 8 assets/app.css).css; touch public/build/x.json"
OLD, NEW = "public/build/app.0000000a.css", "public/build/app.0000000b.css"


@pytest.fixture
def site(make: Make) -> Site:
    """A site of whose two branches each has an asset of its own, and of which the old one is live."""
    site = make(apps={"web": {"bootstrap": [BUILD]}}, **POOL)
    for branch, text in (("old", "0000000a\n"), ("new", "0000000b\n")):
        push(site.sandbox, branch, {"assets/app.css": text})
    site.deploy("old")
    return site


def root(site: Site) -> Path:
    return site.home / "assets" / site.link.name


def pooled(site: Site) -> set[str]:
    """The files of the pool."""
    return {str(path.relative_to(root(site))) for path in root(site).rglob("*") if path.is_file()}


def test_a_deploy_and_a_rollback_leave_what_pages_of_both_ask_for(site: Site) -> None:
    before = site.live
    ran = site.fab("deploy", "--ref", "new")
    assert "asset pool: 1 files put into it (9 bytes)" in ran.err
    assert pooled(site) == {OLD, NEW}
    newer = site.live
    site.fab("rollback")
    assert (site.live, pooled(site)) == (before, {OLD, NEW})
    assert (root(site) / NEW).read_text() == "0000000b\n"
    assert not (site.link / NEW).exists()
    site.fab("release", "--name", newer)
    assert (site.live, pooled(site)) == (newer, {OLD, NEW})


def test_the_first_release_with_a_pool_puts_what_is_live_into_it(make: Make) -> None:
    site = make(apps={"web": {"bootstrap": [BUILD]}})
    push(site.sandbox, "old", {"assets/app.css": "0000000a\n"})
    push(site.sandbox, "new", {"assets/app.css": "0000000b\n"})
    site.deploy("old")
    assert not root(site).exists()
    site.write(**POOL)
    site.deploy("new")
    assert pooled(site) == {OLD, NEW}


def test_a_rollback_from_before_there_was_a_pool_fills_it_first(make: Make) -> None:
    site = make(apps={"web": {"bootstrap": [BUILD]}})
    for branch, text in (("old", "0000000a\n"), ("new", "0000000b\n")):
        push(site.sandbox, branch, {"assets/app.css": text})
        site.deploy(branch)
    site.write(**POOL)
    site.fab("rollback")
    assert pooled(site) == {OLD, NEW}


def test_a_pool_that_cannot_be_filled_is_3_before_the_cutover_and_stops_no_rollback(site: Site) -> None:
    site.deploy("new")
    live, newer = site.names
    root(site).rename(site.home / "elsewhere")
    root(site).write_text("in the way")
    said = site.fab("deploy", "--ref", "old", code=3).err
    assert "the asset pool cannot be filled" in said
    assert f"{site.names[-1]} stays built" in said
    assert site.live == newer
    assert "the asset pool is not complete" in site.fab("rollback").err
    assert site.live == live


def test_another_content_under_a_name_is_named_and_the_release_goes_on(site: Site) -> None:
    push(site.sandbox, "other", {"assets/app.css": "0000000a and more\n"})
    ran = site.fab("deploy", "--ref", "other")
    assert f"another content has the name already, and is not replaced: {OLD}" in ran.err
    assert (root(site) / OLD).read_text() == "0000000a\n"
    site.fab("prune", "--asset", OLD)
    site.fab("post-release")
    site.fab("release", "--ref", "other")
    assert (root(site) / OLD).read_text() == "0000000a and more\n"


def test_one_file_is_taken_out_by_its_path(site: Site) -> None:
    site.deploy("new")
    assert f"removed {OLD}" in site.fab("prune", "--asset", OLD).err
    assert pooled(site) == {NEW}
    before = snapshot(root(site))
    assert "is not in the asset pool" in site.fab("prune", "--asset", OLD, code=3).err
    site.fab("prune", "--asset", "../../builds/x", code=2)
    assert snapshot(root(site)) == before


def test_plan_steps_and_check_know_of_it(site: Site) -> None:
    assert "asset pool" in site.fab("plan", "--ref", "new", "--steps").out
    said = site.fab("check").out
    assert "asset pool: " in said
