"""How much a verb starts and flushes on a real host: never more than tests/support/counts.py has."""

from pathlib import Path

import pytest

from tests.support.acme import Acme
from tests.support.counts import ON_HOST
from tests.support.traced import Traced, parse, tracing

WORDS = {"release": ("release", "--ref", "master"), "rollback": ("rollback",), "status": ("status",)}


@pytest.fixture
def plain(acme: Acme) -> Acme:
    """A site without commands and services, of which two releases were made, and one commit is new."""
    acme.write(apps={}, services=[])
    for text in ("second\n", "third\n"):
        acme.fab("release", "--ref", "master")
        acme.push({"page": text})
    acme.host.quiet()
    return acme


def counted(acme: Acme, output: Path, *words: str) -> Traced:
    """What a run of fab comes to on the host."""
    with tracing(acme.host.sshd, output):
        acme.fab(*words)
        acme.host.quiet()
    return parse(output.read_text(errors="replace"))


@pytest.mark.parametrize("verb", ON_HOST)
def test_a_verb_starts_no_more_programs_and_flushes_no_more_files(plain: Acme, tmp_path: Path, verb: str) -> None:
    traced, bound = counted(plain, tmp_path / "strace", *WORDS[verb]), ON_HOST[verb]
    assert 0 < traced.programs.total() <= bound.programs, traced.programs
    assert 0 < traced.pythons <= bound.pythons, traced.programs
    assert traced.flushes.total() <= bound.flushes, traced.flushes


def counted_with_files(site: Acme, output: Path, number: int) -> Traced:
    """What a release with so many files comes to; git starts its workers, one for each processor, from 100 files on."""
    site.push({f"src/{each}.php": "<?php\n" for each in range(number)})
    site.fab("release", "--ref", "master")
    site.push({"page": f"with {number} files\n"})
    return counted(site, output, *WORDS["release"])


def test_a_release_starts_no_more_where_there_are_more_files(plain: Acme, tmp_path: Path) -> None:
    plain.write(apps={}, services=[], keep_releases=9)  # none is pruned meanwhile
    few, many = (counted_with_files(plain, tmp_path / f"{number}", number) for number in (200, 600))
    assert many.programs.total() <= few.programs.total(), many.programs - few.programs
