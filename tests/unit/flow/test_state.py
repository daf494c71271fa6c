"""A host's word of itself becomes a path on other hosts: what cannot be a release's name is refused."""

import json
from typing import Any

import pytest

from tasks.errors import NotReleased
from tasks.flow.state import HostState

NAME, EVIL = "source-20260101T000000Z", "source-20260101T000000Z/../../.ssh"
SOUND: dict[str, Any] = {
    "live": {"name": NAME, "ref": "master", "commit": None, "why": "live"},
    "live_target": "",
    "previous": None,
    "back": [],
    "post_release_pending": False,
    "lock": None,
    "hold": None,
    "next": "source-20260101T000001Z",
    "left_out": {},
    "moved": "0123456789ab",
    "release": None,
}


def parsed(**changed: object) -> HostState:
    return HostState.parse({"state": json.dumps({**SOUND, **changed})}, ["web1", "web2"])


def test_a_sound_one_is_read() -> None:
    assert parsed(previous=NAME, back=[NAME]).back == (NAME,)


def test_a_host_that_the_environment_has_no_more_is_left_out_no_more() -> None:
    left_out = {"web2": "it is down", "web3": "gone for good"}
    assert parsed(left_out=left_out).left_out == {"web2": "it is down"}
    assert parsed(left_out=left_out).document["left_out"] == {"web2": "it is down"}
    assert "left_out" not in parsed(left_out={"web3": "gone for good"}).document


@pytest.mark.parametrize("name", [EVIL, "", "..", "source", "-rf", f"{NAME}\n", 7, None])
@pytest.mark.parametrize("key", ["next", "back", "live", "release"])
def test_what_is_no_name_of_a_release_is_refused(key: str, name: object) -> None:
    wrong = {"back": [name], "live": {**SOUND["live"], "name": name}, "release": {**SOUND["live"], "name": name}}.get(key, name)
    with pytest.raises(NotReleased, match="the state that the host reported cannot be read"):
        parsed(**{key: wrong})


def test_a_previous_release_that_is_none_is_refused() -> None:
    with pytest.raises(NotReleased):
        parsed(previous=EVIL)
