"""Runtime files that change between releases, as a person meets them: in rollback, release by name, check, plan and status."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.fab import Site

Make = Callable[..., Site]
OLD, NEW = "KEY=old value of it\n", "KEY=new value of it\n"


@pytest.fixture
def site(make: Make) -> Site:
    """Two releases, and the file of the live one changed since."""
    site = make(runtime_files=[".env.local"], services=[{"run": "true"}])
    kept(site).write_text(OLD)
    site.deploy("v1.0")
    site.deploy("v1.0")
    live(site).write_text(NEW)
    return site


def kept(site: Site) -> Path:
    return site.home / "runtime" / site.link.name / ".env.local"


def live(site: Site) -> Path:
    return site.link.resolve() / ".env.local"


def test_a_rollback_says_what_it_renewed_and_when_it_fails_how_to_have_the_former_ones_again(site: Site) -> None:
    first = site.names[0]
    site.write(runtime_files=[".env.local"], services=[{"run": 'grep -q old "$RELEASE_PATH/.env.local"'}])
    said = site.fab("rollback", code=4).err
    assert (site.live, live(site).read_text()) == (first, NEW)
    assert f"runtime files of {first} renewed: .env.local" in said
    line = f"rollback --keep-runtime-files --to {first}"
    assert f"next: fab -H sandbox {line} #" in said
    again = site.fab(*line.split())
    assert (site.live, live(site).read_text()) == (first, OLD)
    assert "forward" not in again.out
    assert not site.host["post_release_pending"]
    assert f"{first} has its former runtime files again" in site.fab("history").out


def test_the_line_without_a_release_continues_the_rollback_that_failed(site: Site) -> None:
    first = site.names[0]
    site.write(runtime_files=[".env.local"], services=[{"run": 'grep -q old "$RELEASE_PATH/.env.local"'}])
    site.fab("rollback", code=4)
    site.fab("rollback", "--keep-runtime-files")
    assert (site.live, live(site).read_text()) == (first, OLD)


def test_a_release_by_name_migrates_and_goes_live_with_what_counts_now(site: Site) -> None:
    site.write(runtime_files=[".env.local"], migrate=["cp .env.local ~/migrated-with"])
    ran = site.fab("release", "--name", site.names[0])
    assert (site.live, live(site).read_text()) == (site.names[0], NEW)
    assert (site.home / "migrated-with").read_text() == NEW
    assert f"runtime files of {site.names[0]} renewed: .env.local" in ran.err


def test_both_changed_is_3_and_named_by_check_plan_and_status(site: Site) -> None:
    kept(site).write_text("KEY=another value of it\n")
    before = site.live
    for words in (("release", "--ref", "v1.0"), ("deploy", "--name", site.names[0]), ("build", "--ref", "v1.0")):
        said = site.fab(*words, code=3).err
        assert ".env.local differs between" in said
        assert "cp -p" in said
    assert site.live == before
    check = site.fab("check", code=3).out
    assert ".env.local differs between" in check.replace("\n", " ")
    for line in ("status", "plan --ref v1.0"):
        said = site.fab(*line.split()).err
        assert ".env.local differs between" in said
        assert "value of it" not in said
