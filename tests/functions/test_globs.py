"""A glob of hosts.yml means what bash makes of it, dot files and `**` included."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.host.globs import matches

FILES = (
    *("x", ".x", "a/x", "a/b/x", "a/b/.x", "a/b/c/x", ".h/i/x", "d/.env.local", "d/e.json", "it's", "two words", "$HOME", "é"),
    *("new\nline", "-rf", "a*b", "q*", "b\\c", "[x", "[ab]", "]", "!", "^", "a-b", "A", "1", "a/1.json", "deep/a/b/c/d/x"),
)
EXPAND = """cd "$1" && shopt -s nullglob dotglob globstar && IFS= && found=($2)
for each in "${found[@]}"; do [[ ! -e $each && ! -L $each ]] || printf '%s\\0' "${each%/}"; done"""
BRACKETS = ["[ab]", "[!a]", "[^a]", "[a-c]", "[]x]", "[[:digit:]]*", "[", "[x"]
PARTS = st.sampled_from(["**", "*", "?", "a", "b", "x", ".*", "*.json", "a\\*b", "b\\\\c", *BRACKETS])
LETTERS = [*"ab*?[]!^-x.1", "\\a", "\\*", "\\[", "\\]", "\\\\"]
LOOSE = st.lists(st.sampled_from(LETTERS), min_size=1, max_size=6).map("".join)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def bash(folder: Path, glob: str) -> set[str]:
    """What bash expands the glob to."""
    words = [shutil.which("bash") or "bash", "--norc", "-c", EXPAND, "bash", str(folder), glob]
    done = subprocess.run(words, check=True, capture_output=True, env=os.environ | {"LC_ALL": "C.UTF-8"})
    return {os.fsdecode(name) for name in done.stdout.split(b"\0") if name}


@given(glob=st.lists(st.one_of(PARTS, LOOSE), min_size=1, max_size=4).map("/".join))
@example(glob="**")
@example(glob="a/**")
@example(glob="**/x")
@example(glob="**/**/x")
@example(glob="*/*.json")
@example(glob="q\\*")
@example(glob="b\\c")
@example(glob="[]x]")
@example(glob="[!]x]")
@example(glob="[x-]")
@example(glob="a**/**/x")
@settings(max_examples=60, deadline=None)
def test_a_glob_means_what_bash_makes_of_it(tree: Path, glob: str) -> None:
    if os.path.normpath(glob) != glob or ".." in glob.split("/"):
        return  # hosts.yml has no such path
    assert set(matches(str(tree), glob)) == bash(tree, glob)


@pytest.mark.parametrize("name", [*FILES, "nothing/there"])
def test_a_plain_name_is_itself(tree: Path, name: str) -> None:
    if name not in ("[ab]", "a*b", "q*"):
        assert matches(str(tree), name) == ([name] if name in FILES else [])


def test_two_stars_follow_no_link_and_one_star_does(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/x").touch()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dead").symlink_to("nowhere")
    assert matches(str(tmp_path), "**/x") == ["real/x"]
    assert matches(str(tmp_path), "*/x") == ["link/x", "real/x"]
    assert matches(str(tmp_path), "d*") == ["dead"]


def test_a_directory_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    assert [matches(str(tmp_path / "gone"), glob) for glob in ("*", "**", "x")] == [[], [], []]
