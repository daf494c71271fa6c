"""What outlives releases lies in none of them: such a link is refused, and a release that one leads into is not pruned."""

from pathlib import Path

import pytest

from tasks.host import leads
from tests.support.host import LocalHost
from tests.support.records import LocalRecords, name


@pytest.fixture
def live(host: LocalHost) -> Path:
    """The live release, with media of its own."""
    host.origin.commit({"media/poster": "the only one\n"})
    return host.releases / host.release()


WAYS = {
    "the live link": "source/media",
    "the live link itself": "source",
    "a release": "releases/{name}/media",
    "releases": "releases",
    "builds": "builds/media",
    "a link to the live link": "other/media",
    "a link to a release": "elsewhere",
    "a home by another name": "away/source/media",
    "back again": "efs/../source/media",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_link_that_leads_where_releases_come_and_go_is_refused_before_anything_is_built(
    host: LocalHost, live: Path, way: str
) -> None:
    (host.home / "other").symlink_to("source")
    (host.home / "elsewhere").symlink_to(live / "media")
    (host.folder / "away").symlink_to(host.home)
    (host.home / "efs").mkdir()
    (host.builds / "media").mkdir()
    path = WAYS[way].format(name=live.name)
    target = str(host.folder / path if path.startswith("away") else host.home / path)
    if ".." in target:  # hosts.yml may have none, a link may
        (host.home / "dots").symlink_to(WAYS[way])
        target = str(host.home / "dots")
    host.use(persistent_links={"public/media": target})
    done = host.build()
    assert (done.code, "fetch" in done.steps) == (3, False)
    assert "where releases come and go" in done.failure
    host.assert_live(live.name)


def test_one_that_comes_through_the_live_link_and_leaves_it_would_be_a_loop(host: LocalHost, live: Path) -> None:
    (host.home / "efs").mkdir()
    (live / "uploads").symlink_to(host.home / "efs")
    host.use(persistent_links={"uploads": str(host.live / "uploads")})
    assert "where releases come and go" in host.build().failure


def test_a_directory_beside_them_is_fine(host: LocalHost, live: Path) -> None:
    for folder in ("sources/media", "releases-media", "efs"):
        (host.home / folder).mkdir(parents=True)
    host.use(persistent_links={"a": "~/sources/media", "b": "~/releases-media", "c": "~/efs"})
    assert host.build().code == 0
    host.assert_live(live.name)


def test_a_release_that_a_persistent_link_leads_into_is_kept_and_that_is_said(host: LocalHost) -> None:
    records = LocalRecords(host)
    records.released(*range(6))
    media = host.releases / name(0) / "media"
    media.mkdir()
    (host.releases / name(5) / "media").symlink_to(media)
    host.use(keep_releases=2, persistent_links={"media": str(host.home)})
    records.write({"event": "post-release", "name": name(5), "outcome": "ok"})
    done = host.prune()
    assert {path.name for path in host.releases.iterdir()} == {name(0), name(4), name(5)}
    assert f"{name(0)} is kept: the persistent link media of {name(5)} leads into it" in done.texts("note")


@pytest.mark.parametrize(
    ("link", "stays"),
    [
        ("media", True),
        ("public/uploads/of/all", True),
        ("by/another", True),
        ("vendor/it/own", False),
        ("public/media/of/all/of/them", False),
    ],
)
def test_a_release_that_a_link_of_another_environment_leads_into_is_kept(host: LocalHost, link: str, stays: bool) -> None:
    records = LocalRecords(host)
    records.released(*range(4))
    media = host.releases / name(0) / "media"
    media.mkdir()
    (host.home / "another").symlink_to(media)
    other = host.releases / "source-preprod-20260101T000000Z"
    (other / link).parent.mkdir(parents=True)
    (other / "release.json").write_text("{}")
    (other / link).symlink_to(host.home / "another" if "another" in link else media)
    host.use(keep_releases=2)
    done = host.prune()
    assert (name(0) in {path.name for path in host.releases.iterdir()}) == stays
    said = f"{name(0)} is kept: the persistent link {link} of {other.name} leads into it"
    assert (said in done.texts("note")) == stays


def test_one_that_leads_into_its_own_release_keeps_nothing(host: LocalHost) -> None:
    records = LocalRecords(host)
    records.released(*range(4))
    (host.releases / name(0) / "media").symlink_to(host.releases / name(0) / "other")
    host.use(keep_releases=2, persistent_links={"media": str(host.home)})
    host.prune()
    assert name(0) not in {path.name for path in host.releases.iterdir()}


def test_a_loop_ends(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert len(list(leads.through(str(tmp_path / "a/c")))) < 100


def test_nothing_beyond_a_network_mount_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mount = tmp_path / "e f s"
    mount.mkdir()
    (mount / "media").symlink_to("/nowhere")
    escaped = str(mount).replace(" ", r"\040")
    monkeypatch.setattr(leads, "_mounts", lambda: f"1 1 0:1 / {escaped} rw - nfs4 server:/ rw\n".encode())
    assert list(leads.through(str(mount / "media")))[-1] == str(mount)
