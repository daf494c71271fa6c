"""A repo.git that is spoilt: a release says so and what to type, and setup makes a new one and keeps the old aside."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.host.repository import unlock
from tasks.phases import check, setup
from tests.support.host import LocalHost
from tests.support.origin import git
from tests.support.snapshot import snapshot
from tests.support.talk import Ran

Spoil = Callable[[LocalHost], object]


def zero(*paths: Path) -> int:
    """As a power cut leaves what was not yet on disk."""
    for path in paths:
        path.chmod(0o644)
        path.write_bytes(bytes(path.stat().st_size))
    return len(paths)


def objects(host: LocalHost) -> list[Path]:
    return sorted((host.repo / "objects").glob("??/*"))


def packs(host: LocalHost, kind: str = "pack") -> list[Path]:
    """The packs that the host has fetched."""
    found = sorted((host.repo / "objects/pack").glob(f"*.{kind}"))
    assert found
    return found


def unpack(host: LocalHost) -> None:
    """Each object in a file of its own, as earlier versions of this tool had fetched them."""
    for pack in packs(host):
        apart = host.folder / pack.name
        pack.rename(apart)
        pack.with_suffix(".idx").unlink()
        with apart.open("rb") as data:
            subprocess.run(["git", "-C", host.repo, "unpack-objects", "-q"], stdin=data, check=True)


def cut_off(host: LocalHost) -> None:
    for pack in packs(host):
        os.truncate(pack, pack.stat().st_size - 30)


def remove_packs(host: LocalHost) -> None:
    for pack in packs(host):
        pack.unlink()


def zero_objects(host: LocalHost) -> None:
    unpack(host)
    zero(*objects(host))


def blob(host: LocalHost) -> Path:
    unpack(host)
    name = git(host.repo, "rev-parse", "refs/remotes/origin/master:index.html")
    return host.repo / "objects" / name[:2] / name[2:]


def file_there(host: LocalHost) -> None:
    shutil.rmtree(host.repo)
    host.repo.write_text("what is this")


def link_to_nothing(host: LocalHost) -> None:
    shutil.rmtree(host.repo)
    host.repo.symlink_to("nowhere")


def home_is_a_repository(host: LocalHost) -> None:
    (host.repo / "HEAD").unlink()
    git(host.home, "init", "--quiet")
    git(host.home, "remote", "add", "origin", host.origin.url)


SPOILT: dict[str, Spoil] = {
    "every object is zeroes": zero_objects,
    "one file of the site is zeroes": lambda host: zero(blob(host)),
    "one file of the site is missing": lambda host: blob(host).unlink(),
    "no objects": lambda host: shutil.rmtree(host.repo / "objects"),
    "no HEAD": lambda host: (host.repo / "HEAD").unlink(),
    "HEAD is zeroes": lambda host: zero(host.repo / "HEAD"),
    "config is zeroes": lambda host: zero(host.repo / "config"),
    "config is empty": lambda host: (host.repo / "config").write_text(""),
    "config is cut off": lambda host: (host.repo / "config").write_text("[core\n\tba"),
    "a ref is empty": lambda host: (host.repo / "refs/remotes/origin/master").write_text(""),
    "a ref names nothing": lambda host: (host.repo / "refs/remotes/origin/master").write_text("1" * 40 + "\n"),
    "packed-refs is garbage": lambda host: (host.repo / "packed-refs").write_text("garbage\n"),
    "the home is a repository": home_is_a_repository,
    "a file": file_there,
    "a link to nothing": link_to_nothing,
}


LOST: dict[str, Spoil] = {
    "every pack is zeroes": lambda host: zero(*packs(host)),
    "the end of every pack is cut off": cut_off,
    "the packs are missing": remove_packs,
    "the indexes of the packs are zeroes": lambda host: zero(*packs(host, "idx")),
}


def set_up(host: LocalHost) -> Ran:
    return host.run(setup.setup(host.environment), host.new_run("setup"))


def set_aside(host: LocalHost) -> list[Path]:
    return list(host.builds.glob("repo.git.spoilt-*"))


@pytest.fixture
def released(host: LocalHost) -> LocalHost:
    """A host with a release, and something new at origin."""
    host.release()
    host.origin.commit({"new": "x"})
    return host


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_release_says_what_to_type_and_setup_mends_it(released: LocalHost, spoil: Spoil) -> None:
    spoil(released)
    site, links = snapshot(released.releases), released.live.readlink()
    done = released.build()
    assert (done.code, "fab -H prod setup" in done.texts("fail")) == (3, True), done.failure
    unlock(str(released.repo))  # setup would
    old = snapshot(released.repo)
    mended = set_up(released)
    assert mended.code == 0, (mended.failure, mended.texts("tail"))
    (aside,) = set_aside(released)
    assert {name: old[name] for name in old if name != "."} == {
        name: entry for name, entry in snapshot(aside).items() if name != "."
    }
    assert str(aside) in mended.texts("warn")
    assert (snapshot(released.releases), released.live.readlink()) == (site, links)
    assert (released.releases / released.release() / "new").exists()


@pytest.mark.parametrize("spoil", LOST.values(), ids=LOST)
def test_what_git_can_see_to_be_lost_is_fetched_again(released: LocalHost, spoil: Spoil) -> None:
    spoil(released)
    name = released.release()
    assert {path.name for path in (released.releases / name).iterdir()} >= {"index.html", "new", "public"}
    assert (released.releases / name / "index.html").read_text() == "hello\n"


def test_check_says_it_too(released: LocalHost) -> None:
    blob(released).unlink()
    lines = released.run(check.check(released.environment), released.new_run("check")).all("check")
    assert [line[2][:18] for line in lines if "repo.git is spoilt" in line[1]] == ["fab -H prod setup "]


@pytest.mark.parametrize("way", ["shallow", "with a work tree"])
def test_one_that_somebody_cloned_otherwise_is_made_anew(released: LocalHost, way: str) -> None:
    shutil.rmtree(released.repo)
    words = ("--bare", "--depth=1") if way == "shallow" else ()
    git(released.home, "clone", "--quiet", *words, f"file://{released.origin.url}", str(released.repo))
    git(released.repo, "remote", "set-url", "origin", released.origin.url)
    assert set_up(released).code == 0
    assert len(set_aside(released)) == 1
    released.release(released.origin.first[:8])


def test_what_is_malformed_at_origin_is_no_reason_to_make_it_anew(host: LocalHost) -> None:
    raw = f"tree {host.origin.git('rev-parse', 'HEAD^{tree}')}\nauthor x <x> 1 +0000\ncommitter x <x 1 +0000\n\nold\n"
    (host.folder / "raw").write_text(raw)
    commit = host.origin.git("hash-object", "-w", "-t", "commit", "--literally", str(host.folder / "raw"))
    host.origin.git("update-ref", "refs/heads/old", commit)
    host.release("old")
    before = snapshot(host.repo)
    assert set_up(host).code == 0
    assert set_aside(host) == []
    assert snapshot(host.repo) == before


def test_one_of_another_origin_is_never_set_aside(host: LocalHost) -> None:
    host.use(repository=f"{host.origin.url}/.git")
    objects_there = snapshot(host.repo)
    done = set_up(host)
    assert (done.code, "belongs to another origin" in done.failure) == (3, True)
    assert snapshot(host.repo) == objects_there
