"""Prune from the keyboard: what a process uses stays and is told, with one user's eyes or with both."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.fab import Site
from tests.support.trash import deleted

Make = Callable[..., Site]
STANDS = "import os, sys; os.chdir(sys.argv[1]); print(flush=True); sys.stdin.read()"


def worker(folder: Path) -> "subprocess.Popen[str]":
    """A process that stands in a directory."""
    words = [sys.executable, "-c", STANDS, str(folder)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "\n"
    return process


def test_a_release_that_is_used_survives_deploys_and_goes_with_the_prune_after(make: Make) -> None:
    site = make(keep_releases=2)
    first = site.deploy()
    with worker(site.home / "releases" / first) as running:
        site.deploy()
        site.deploy()
        assert first in site.names
        said = site.fab("prune").err
        running.kill()
    assert said.count(f"{first} is kept: pid {running.pid} (") == 1
    assert "uses it" in said
    site.fab("prune")
    assert first not in site.names
    assert deleted(site.state) == []


def test_a_service_user_who_cannot_log_in_stops_no_prune(make: Make) -> None:
    site = make(keep_releases=1)
    first = site.deploy()
    for _ in range(2):
        site.deploy()
    site.write(services=[{"run": "true"}], service_user="nobody-there")
    assert "nobody-there" not in site.fab("prune").err
    assert first not in site.names
