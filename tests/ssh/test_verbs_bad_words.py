"""What people type by mistake, or paste: after -H, --ref, --name and --to. One clear error each, and nothing is changed."""

from collections.abc import Callable

import pytest

from tests.support.fab import Ran, Site, sessions
from tests.support.snapshot import settled

Make = Callable[..., Site]


@pytest.fixture(scope="module")
def two(make: Make) -> Site:
    """Two releases, the newer live; nothing of them is to change here."""
    site = make(keep_releases=2)
    site.deploy("v1.0")
    site.deploy()
    return site


def kept(site: Site) -> object:
    """All that a mistake must not change: releases, the link, what history says."""
    return settled(site.home / "releases"), site.live, (site.state / "history").read_bytes()


def short(ran: Ran) -> str:
    """What was said, which a person can read to its end."""
    assert len(ran.said) < 2_000, len(ran.said)
    assert "next: " in ran.err
    return ran.err


@pytest.mark.parametrize("name", ["sandbox:abc", ",", "root@sandbox", "sandbox ", "a" * 10_000, "\udcff", "sandbox,nobody"])
def test_what_is_no_environment_is_answered_without_a_host(two: Site, name: str) -> None:
    heard = sessions(two.sandbox)
    ran = two.fab("deploy", "--ref", "master", before=("-H", name), code=2)
    assert (sessions(two.sandbox), ran.out) == (heard, "")
    assert len(ran.err) < 2_000


REFS = ("HEAD~1", "--upload-pack=touch ran", "two\nlines", "\x1b[31mred", "\u202emaster", "ü" * 1_000)


@pytest.mark.parametrize("ref", REFS, ids=lambda ref: repr(ref)[:24])
def test_what_is_no_ref_is_refused_in_words_that_can_be_read(two: Site, ref: str) -> None:
    before = kept(two)
    said = short(two.fab("plan", f"--ref={ref}", code=3))
    assert "\x1b[31m" not in said
    assert kept(two) == before


@pytest.mark.parametrize("ref", ["", "\u2003\n"])
def test_nothing_is_no_ref(two: Site, ref: str) -> None:
    assert "error: --ref is empty\nNothing was sent to any host.\n" in two.fab("deploy", f"--ref={ref}", code=2).err


@pytest.mark.parametrize("words", [("deploy", "--ref"), ("hold", "--reason")])
@pytest.mark.parametrize("length", [1_001, 100_000])
def test_what_is_far_too_long_is_said_and_not_repeated(two: Site, words: tuple[str, str], length: int) -> None:
    verb, option = words
    said = two.fab(verb, f"{option}={'x' * length}", code=2).err
    assert f"{option} is {length:,} characters long" in said
    assert len(said) < 300


NAMES = ("../../etc", "{live}\n", "./{live}", "{upper}", "{link}-preprod-20260101T000000Z", "x" * 1_000, "\x1b[31m")


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name)[:24])
def test_what_is_no_release_here_is_refused(two: Site, name: str) -> None:
    before = kept(two)
    meant = name.format(live=two.live, upper=two.live.upper(), link=two.link.name)
    for verb, option in (("rollback", "--to"), ("release", "--name")):
        assert "no complete release" in short(two.fab(verb, f"{option}={meant}", code=3))
    assert kept(two) == before
