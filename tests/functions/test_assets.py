"""Carrying assets, by itself: how long each is carried, and that a copy shares blocks where the filesystem can."""

import fcntl
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.host import tree
from tasks.host.build import assets
from tasks.host.build.assets import young
from tasks.host.history import record
from tests.functions.made import Made

RELEASES = st.lists(st.tuples(st.integers(0, 6), st.sets(st.sampled_from("abc"))), min_size=1, max_size=9)
ORDER = st.lists(st.sampled_from("abcdefgh"), unique=True)


@given(order=ORDER, keep=st.integers(1, 9))
def test_a_release_is_young_while_fewer_than_keep_releases_were_sealed_after_it(order: list[str], keep: int) -> None:
    after = {name: len(order) - order.index(name) for name in order}  # the one that is being built is one of them
    assert young(order, keep) == {name for name in order if after[name] < max(keep, 2)}


class Host:
    """Releases in a directory, each built while another is live."""

    def __init__(self, folder: Path, keep: int) -> None:
        self.folder, self.keep, self.built = folder, keep, 0
        folder.mkdir()

    def build(self, live: str, files: set[str]) -> str:
        """A release with these files of its own, each with the name of the release in it; "" is no live release."""
        name = f"r{self.built}"
        run = Made(release=name)
        run.releases, run.state, run.build = str(self.folder), str(self.folder), str(self.folder / name)
        (self.folder / name / "build").mkdir(parents=True)
        for file in files:
            (self.folder / name / "build" / file).write_text(name)
        if live:
            run.live = str(self.folder / live)
            assets.carry(run, self.keep, ["build"])
        about = {"name": name, "live_link": "source", "carried": run.carried or {}}
        (self.folder / name / "release.json").write_text(json.dumps(about))
        record(run, "sealed", {"name": name})
        self.built += 1
        return name

    def has(self, name: str) -> dict[str, str]:
        """The files of a release, and the release that each was made by."""
        return {path.name: path.read_text() for path in (self.folder / name / "build").iterdir()}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(releases=RELEASES, keep=st.integers(1, 4))
def test_a_file_is_carried_from_its_origin_for_keep_releases_whatever_is_live_meanwhile(
    tmp_path_factory: pytest.TempPathFactory, releases: list[tuple[int, set[str]]], keep: int
) -> None:
    """The model: a release has its own files, and of the live one's those that it made itself or that are still young."""
    host = Host(tmp_path_factory.mktemp("host") / "h", keep)
    model: list[dict[str, str]] = []
    for number, (back, own) in enumerate(releases):
        live = max(number - 1 - back, 0)
        before = model[live] if number else {}
        kept = {file: by for file, by in before.items() if by == f"r{live}" or number - int(by[1:]) < max(keep, 2)}
        model.append(kept | dict.fromkeys(own, f"r{number}"))
        assert host.has(host.build(f"r{live}" if number else "", own)) == model[number]


def test_blocks_are_shared_where_the_filesystem_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "source").write_text("text")
    asked = []
    monkeypatch.setattr(fcntl, "ioctl", lambda target, request, source: asked.append((target, request, source)))
    source = os.open(tmp_path / "source", os.O_RDONLY)
    tree.clone(source, str(tmp_path / "copy"))
    os.close(source)
    assert [(request, given) for _, request, given in asked] == [(0x40049409, source)]
    assert (tmp_path / "copy").read_text() == ""  # what would have come of the blocks: nothing was written besides


def test_a_copy_is_never_made_over_something(tmp_path: Path) -> None:
    (tmp_path / "source").write_text("text")
    (tmp_path / "copy").write_text("own")
    with (tmp_path / "source").open() as source, pytest.raises(FileExistsError):
        tree.clone(source.fileno(), str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_text() == "own"
