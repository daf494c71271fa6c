"""Promise 3: what is renamed into its place is on disk before that, and the rename after it; as the kernel was asked."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.host import LINK, LocalHost

Calls = list[str]
Traced = Callable[[Callable[[], object]], Calls]


@pytest.fixture
def host(tmp_path: Path) -> LocalHost:
    """A home that is set up, with a release that is live."""
    host = LocalHost(tmp_path, apps={"web": {"bootstrap": ["echo built > built"]}}).set_up()
    host.release()
    return host


@pytest.fixture
def traced(host: LocalHost, tmp_path: Path) -> Traced:
    """What the kernel was asked to rename and to flush while something was done, in order, by whatever process."""

    def traced(act: Callable[[], object]) -> Calls:
        file = tmp_path / "trace"
        calls = "trace=rename,renameat,renameat2,fsync,fdatasync,syncfs,sync"
        host.under = ["strace", "-f", "-y", "-A", "-s", "4096", "--seccomp-bpf", "-e", calls, "-o", str(file)]
        act()
        host.under = []
        lines = re.findall(r"^\d+ +(?!.*resumed>)(\w+\(.*)$", file.read_text(), re.M)
        return [line for line in lines if "= -1" not in line]

    return traced


def place(calls: Calls, pattern: str) -> int:
    """Where the only call is that looks so."""
    found = [index for index, call in enumerate(calls) if re.search(pattern, call)]
    assert len(found) == 1, (pattern, calls)
    return found[0]


def flushed(calls: Calls, path: Path | str, call: str = "fsync", *, whole: bool = True) -> list[int]:
    """Where this very file, or directory, was flushed; without `whole`, one whose path begins so."""
    pattern = re.compile(rf"{call}\(\d+<{re.escape(str(path))}{'>' if whole else ''}")
    return [index for index, each in enumerate(calls) if pattern.match(each)]


def test_a_release_is_on_disk_before_it_is_sealed_and_the_seal_before_it_counts(host: LocalHost, traced: Traced) -> None:
    calls = traced(host.build)
    release = max(host.releases.iterdir())
    moved = place(calls, rf'rename.*"{host.state_dir}/{release.name}".*"{release}"')
    sealed = place(calls, r'rename.*"release\.json"')
    everything = flushed(calls, host.releases, "syncfs")
    assert any(moved < index < sealed for index in everything)
    assert any(index < sealed for index in flushed(calls, f"{release}/.release.json.", whole=False))
    assert any(index > sealed for index in flushed(calls, release))
    assert any(index > sealed for index in flushed(calls, host.releases))


def test_a_cutover_is_flushed_before_the_rename_and_after_it(host: LocalHost, traced: Traced) -> None:
    host.build()
    release = max(host.releases.iterdir())
    calls = traced(lambda: host.cut_over(release.name))
    swapped = place(calls, rf'rename.*"{host.home}/\.{LINK}\.[0-9a-f]{{12}}".*"{host.live}"')
    assert any(index < swapped for index in flushed(calls, release))
    assert any(index > swapped for index in flushed(calls, host.home))
    history = flushed(calls, host.state_dir / "history")
    assert history
    assert min(history) < swapped < max(history)
    host.assert_live(release.name)
