"""Setup on a host whose ~/source is the live directory itself, built in place and served all the while."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.asking import Asked, asking
from tests.support.booted import Booted
from tests.support.fab import Ran
from tests.support.shop import HOME, Shop

PHOTO = "public/media/2026/photo.txt"


@dataclass(frozen=True)
class Taken:
    """The live directory, taken over: what setup said, what was served meanwhile, and what the host said of itself after."""

    shop: Shop
    asked: Asked
    said: str
    name: str
    status: Any
    refused: Ran


@pytest.fixture(scope="module")
def served(booted: Booted, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop as it was before: a directory, with media that people have uploaded into it."""
    shop = Shop(booted, tmp_path_factory.mktemp("shop"))
    shop.build_in_place()
    booted.sh(f"mkdir {HOME}/source/public/media/2026 && echo a photo >{HOME}/source/{PHOTO}", "ftsuser")
    shop.follow_by_hand()
    assert shop.handled(shop.ping()) == "source"
    return shop


@pytest.fixture(scope="module")
def taken(served: Shop) -> Taken:
    """Setup has taken it over, and a deploy was tried at once."""
    with asking(served, "/fast", "/slow") as asked:
        said = served.fab("setup").said
    return Taken(served, asked, said, served.live(), served.status(), served.deploy(code=3))


@pytest.fixture(scope="module")
def followed(taken: Taken) -> Shop:
    """Post-release was done."""
    taken.shop.fab("post-release")
    return taken.shop


@pytest.fixture(scope="module")
def copied(followed: Shop, taken: Taken) -> str:
    """The media were copied as setup said; its words."""
    words = next(line for line in taken.said.splitlines() if "cp -an" in line)
    followed.host.sh(words.partition("before: ")[2], "ftsuser")
    return words


@pytest.fixture(scope="module")
def released(followed: Shop, copied: str) -> Shop:  # noqa: ARG001
    """The first release of the tool."""
    followed.deploy()
    return followed


def test_no_request_fails_while_a_directory_becomes_a_release(taken: Taken) -> None:
    assert taken.asked.broken == []
    assert taken.asked.releases == {"source", taken.name}


def test_the_live_directory_is_a_release_without_a_commit(taken: Taken) -> None:
    assert taken.status["live"]["name"] == taken.name
    assert taken.status["live"]["commit"] is None


def test_post_release_is_pending_until_services_have_left_the_old_place(taken: Taken) -> None:
    assert taken.status["post_release_pending"]
    assert "post-release is pending" in taken.said


def test_nothing_is_released_before_services_have_left_the_old_place(taken: Taken) -> None:
    assert "the services still run from the place that setup has moved" in taken.refused.err
    assert "fab -H prod post-release" in taken.refused.err
    assert len(taken.status["releases"]) == 1


def test_services_leave_the_old_place_with_post_release(followed: Shop, taken: Taken) -> None:
    assert followed.handled(followed.ping()) == followed.program() == followed.api() == taken.name
    assert not followed.status()["post_release_pending"]


def test_setup_names_media_that_a_release_will_not_show(copied: str) -> None:
    assert f"public/media is a directory with files ({PHOTO})" in copied


def test_media_that_were_copied_as_setup_said_are_in_the_next_release(released: Shop, taken: Taken) -> None:
    assert released.live() != taken.name
    assert released.host.sh(f"curl -sf http://127.0.0.1/{PHOTO.removeprefix('public/')}") == "a photo"
    assert released.host.sh(f"readlink {HOME}/source/public/media") == "/mnt/efs/media"


def test_runtime_files_of_the_live_directory_are_in_the_next_release(released: Shop, taken: Taken) -> None:
    for file in (".env.local", "config/credentials/bank.json"):
        released.host.sh(f"cd {HOME} && cmp releases/{taken.name}/{file} source/{file}")


def test_rollback_serves_what_people_had_built_in_place(released: Shop, taken: Taken) -> None:
    with asking(released, "/fast", "/slow") as asked:
        released.fab("rollback")
    assert (asked.broken, released.live()) == ([], taken.name)
    assert released.word("release") == taken.name
    assert released.handled(released.ping()) == taken.name
