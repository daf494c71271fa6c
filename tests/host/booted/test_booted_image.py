"""The disk of the hosts is made once, for all who want it at a time, and again when its recipe changes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import booted_image
from tests.support.booted_image import PARTS, digest, image, missing

ASK = "import pathlib, sys; from tests.support import booted_image as b; b.RECIPE = pathlib.Path(sys.argv[1]); print(b.image())"
BUILD = 'echo x >>"{made}"; until [ "$(cat "{asked}" | wc -l)" = 3 ]; do sleep 0.01; done; touch "$1/disk"\n'


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recipe that takes no time, and a cache of its own."""
    folder = tmp_path / "recipe"
    folder.mkdir()
    (folder / "build.sh").write_text('touch "$1/disk"\n')
    monkeypatch.setattr(booted_image, "RECIPE", folder)
    monkeypatch.setenv("HOST_IMAGE_CACHE", str(tmp_path / "cache"))
    return folder


@pytest.mark.parametrize("name", ["packages", "build.sh"])
def test_another_recipe_is_another_disk(recipe: Path, name: str) -> None:
    before = digest()
    with (recipe / name).open("a") as file:
        file.write("# more\n")
    assert digest() != before


def test_disk_is_made_once(recipe: Path) -> None:
    made = image()
    assert [path.name for path in made.iterdir()] == ["disk"]
    (recipe / "build.sh").touch()
    (made / "kept").touch()
    assert image() == made
    assert (made / "kept").exists()


def test_those_who_ask_at_once_get_one(recipe: Path, tmp_path: Path) -> None:
    made, asked = tmp_path / "made", tmp_path / "asked"
    asked.touch()
    (recipe / "build.sh").write_text(BUILD.format(made=made, asked=asked))
    words = [sys.executable, "-c", f"open({str(asked)!r}, 'a').write('x\\n'); {ASK}", str(recipe)]
    running = [subprocess.Popen(words, cwd=PARTS.parents[2], stdout=subprocess.PIPE) for _ in range(3)]
    assert len({process.communicate()[0] for process in running}) == 1
    assert made.read_text() == "x\n"


def test_half_made_disk_is_none(recipe: Path) -> None:
    (recipe / "build.sh").write_text('touch "$1/half"; echo no space left; exit 1\n')
    with pytest.raises(AssertionError, match="no space left"):
        image()
    (recipe / "build.sh").write_text('touch "$1/disk"\n')
    made = image()
    assert [path.name for path in made.iterdir()] == ["disk"]
    assert list(made.parent.glob("*.new")) == []


def test_disk_of_a_recipe_before_is_removed(recipe: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(recipe)], cwd=PARTS.parents[2], capture_output=True, text=True, check=True
    )
    before = Path(done.stdout.strip())
    assert before.is_dir()
    (recipe / "packages").touch()
    made = image()
    assert {path for path in made.parent.iterdir() if path.is_dir()} == {made}


def test_disk_that_others_have_hosts_on_is_kept(recipe: Path) -> None:
    before = image()
    (recipe / "packages").touch()
    assert image() != before
    assert before.is_dir()


def test_machine_without_the_tools_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booted_image, "PATH", "")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "run them as root" in missing()
    assert "git iproute2 mmdebstrap npm openssh-client systemd-container util-linux" in missing()


def test_home_that_a_test_sees_is_not_where_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOST_IMAGE_CACHE", raising=False)
    assert not booted_image.cache().is_relative_to(os.environ["HOME"])
