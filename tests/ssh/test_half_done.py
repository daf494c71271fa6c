"""One of two hosts is away: of the other a verb reports what it has changed there."""

from collections.abc import Callable

import pytest

from tests.support.fab import Ran, Site, finish, until

Make = Callable[..., Site]
AWAY = {"host": "127.0.0.9", "port": 1}


def half(site: Site, *words: str) -> Ran:
    """Type a verb where a second host is away."""
    site.write(address=[*site.keys["address"][:1], AWAY])
    done = site.fab(*words, code=7)
    assert "127.0.0.9: Nothing was changed." in done.err
    return done


def test_a_hold_and_its_end(make: Make) -> None:
    site = make(apps={})
    assert "127.0.0.1: It is on hold." in half(site, "hold", "--reason", "a fair").err
    assert (site.state / "hold").exists()
    assert "127.0.0.1: It is not on hold any more." in half(site, "unhold").err
    assert not (site.state / "hold").exists()


def test_setup(make: Make) -> None:
    site = make(setup=False)
    assert "127.0.0.1: It is set up." in half(site, "setup").err


def test_a_cancel(make: Make) -> None:
    site = make(apps={"web": {"bootstrap": ["touch ~/held; sleep 60"]}})
    running = site.start("build", "--ref", "master")
    until((site.home / "held").exists, running)
    assert "127.0.0.1: What was running there has ended." in half(site, "cancel").err
    finish(running, 130)
    (site.home / "held").unlink()


@pytest.mark.parametrize("verb", ["prune", "rollback", "post-release"])
def test_the_line_to_type_fits_every_verb(make: Make, verb: str) -> None:
    site = make()
    site.deploy("v1.0")
    assert f"fab -H sandbox {verb} --without 127.0.0.9 --reason 'it is down' # goes on with the others" in half(site, verb).err
