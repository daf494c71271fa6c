"""What people type by mistake, or paste: after -H, --ref, --name and --to. One clear error each, and nothing is changed."""

from collections.abc import Callable

import pytest

from tasks.sandbox.world import Sandbox
from tests.support.fab import Ran, Site, sessions, snapshot

Make = Callable[..., Site]
NO_NAMES = ("sandbox:abc", "sandbox:99999", "root@sandbox", "@", ",", "sandbox,", "sandbox,sandbox", "a@b:c:d", "new\nline")
NOT_THERE = ("sandbox ", "SANDBOX", "ünï", "a b", "$(touch ran)", "-x", "--ref", "../sandbox", "a" * 10_000, "🎭", "sandbox,prod")


@pytest.fixture(scope="module")
def two(make: Make) -> Site:
    """Two releases, the newer live; nothing of them is to change here."""
    site = make(keep_releases=2)
    site.deploy("v1.0")
    site.deploy()
    return site


def kept(site: Site) -> object:
    """All that a mistake must not change: releases, the link, what history says."""
    return snapshot(site.home / "releases"), site.live, (site.state / "history").read_bytes()


def short(ran: Ran) -> str:
    """What was said, which a person can read to its end."""
    assert len(ran.said) < 2_000, len(ran.said)
    assert "next: " in ran.err
    return ran.err


@pytest.mark.parametrize("name", [*NO_NAMES, *NOT_THERE], ids=lambda name: name[:20])
def test_what_is_no_environment_is_answered_without_a_host(sandbox: Sandbox, two: Site, name: str) -> None:
    heard = sessions(sandbox)
    ran = two.fab("status", before=("-H", name), code=2)
    assert sessions(sandbox) == heard
    assert ran.out == ""
    assert len(ran.err) < 2_000
    assert ("No host was touched." in ran.err) or ("has sandbox" in ran.err) or ("the sandbox is not running" in ran.err)


def test_of_several_environments_all_are_known_before_the_first_is_touched(sandbox: Sandbox, two: Site) -> None:
    heard = sessions(sandbox)
    assert "'nobody'" in two.fab("deploy", "--ref", "master", before=("-H", "sandbox,nobody"), code=2).err
    assert sessions(sandbox) == heard


REFS = (
    *("HEAD~1", "@{u}", "master:README.md", "../master", "refs/heads/*", "m?ster", "[m]aster", "-x", "--upload-pack=touch ran"),
    *("two words", "new\nline", "tab\tbed", "\x1b[31mred", "\x07", "ü" * 1_000, "\u202emaster", "master\u200b"),
)


@pytest.mark.parametrize("ref", REFS, ids=lambda ref: repr(ref)[:24])
def test_what_is_no_ref_is_refused_in_words_that_can_be_read(two: Site, ref: str) -> None:
    before = kept(two)
    said = short(two.fab("plan", f"--ref={ref}", code=3))
    assert "\x1b[31m" not in said
    assert kept(two) == before


@pytest.mark.parametrize("ref", ["", " ", "\n", "\u2003"])
def test_nothing_is_no_ref(two: Site, ref: str) -> None:
    assert "name what to release" in two.fab("deploy", f"--ref={ref}", code=2).err


@pytest.mark.parametrize("words", [("deploy", "--ref"), ("release", "--name"), ("rollback", "--to"), ("hold", "--reason")])
@pytest.mark.parametrize("length", [1_001, 100_000])
def test_what_is_far_too_long_is_said_and_not_repeated(two: Site, words: tuple[str, str], length: int) -> None:
    verb, option = words
    said = two.fab(verb, f"{option}={'x' * length}", code=2).err
    assert f"{option} is {length:,} characters long" in said
    assert len(said) < 300


NAMES = ("sandbox:abc", "sandbox:99999", "root@sandbox", "@", ",", "sandbox,", "sandbox,sandbox", "a@b:c:d", "new\nline")
NOT_THERE = ("sandbox ", "SANDBOX", "ünï", "a b", "$(touch ran)", "-x", "--ref", "../sandbox", "a" * 10_000, "🎭", "sandbox,prod")


@pytest.fixture(scope="module")
def two(make: Make) -> Site:
    """Two releases, the newer live; nothing of them is to change here."""
    site = make(keep_releases=2)
    site.deploy("v1.0")
    site.deploy()
    return site


def kept(site: Site) -> object:
    """All that a mistake must not change: releases, the link, what history says."""
    return snapshot(site.home / "releases"), site.live, (site.state / "history").read_bytes()


def short(ran: Ran) -> str:
    """What was said, which a person can read to its end."""
    assert len(ran.said) < 2_000, len(ran.said)
    assert "next: " in ran.err
    return ran.err


@pytest.mark.parametrize("name", [*NO_NAMES, *NOT_THERE], ids=lambda name: name[:20])
def test_what_is_no_environment_is_answered_without_a_host(sandbox: Sandbox, two: Site, name: str) -> None:
    heard = sessions(sandbox)
    ran = two.fab("status", before=("-H", name), code=2)
    assert sessions(sandbox) == heard
    assert ran.out == ""
    assert len(ran.err) < 2_000
    assert ("No host was touched." in ran.err) or ("has sandbox" in ran.err) or ("the sandbox is not running" in ran.err)


def test_of_several_environments_all_are_known_before_the_first_is_touched(sandbox: Sandbox, two: Site) -> None:
    heard = sessions(sandbox)
    assert "'nobody'" in two.fab("deploy", "--ref", "master", before=("-H", "sandbox,nobody"), code=2).err
    assert sessions(sandbox) == heard


REFS = (
    *("HEAD~1", "@{u}", "master:README.md", "../master", "refs/heads/*", "m?ster", "[m]aster", "-x", "--upload-pack=touch ran"),
    *("two words", "new\nline", "tab\tbed", "\x1b[31mred", "\x07", "ü" * 1_000, "\u202emaster", "master\u200b"),
)


@pytest.mark.parametrize("ref", REFS, ids=lambda ref: repr(ref)[:24])
def test_what_is_no_ref_is_refused_in_words_that_can_be_read(two: Site, ref: str) -> None:
    before = kept(two)
    said = short(two.fab("plan", f"--ref={ref}", code=3))
    assert "\x1b[31m" not in said
    assert kept(two) == before


@pytest.mark.parametrize("ref", ["", " ", "\n", "\u2003"])
def test_nothing_is_no_ref(two: Site, ref: str) -> None:
    assert "name what to release" in two.fab("deploy", f"--ref={ref}", code=2).err


def test_a_ref_of_a_hundred_kilobytes_is_called_what_it_is(two: Site) -> None:
    assert "the ref" in two.fab("deploy", f"--ref={'x' * 100_000}", code=2).err


NAMES = (
    *("../../etc", "/etc", "..", ".", "", "*", "new\nline", "{live}/", "{live}\n", "./{live}", "{live}/../{live}", "{upper}"),
    *("{link}-20990101T000000Z", "{link}-preprod-20260101T000000Z", "{link}", "x" * 1_000, "$(touch ran)", "\x1b[31m", "-x"),
)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name)[:24])
@pytest.mark.parametrize("words", [("rollback", "--to"), ("release", "--name")], ids=lambda words: words[0])
def test_what_is_no_release_here_is_refused(two: Site, words: tuple[str, str], name: str) -> None:
    before = kept(two)
    meant = name.format(live=two.live, upper=two.live.upper(), link=two.link.name)
    verb, option = words
    ran = two.fab(verb, f"{option}={meant}", code=3 if meant.strip() else 2)
    assert len(ran.err) < 2_000
    assert kept(two) == before
