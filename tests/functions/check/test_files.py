"""check: each runtime file and each persistent link has a line of its own."""

from typing import Any

import pytest

from tasks.phases.check import check
from tests.functions.check.conftest import Machine, lines
from tests.support.lines import Lines
from tests.unit.made import environment


def checked(**keys: Any) -> Lines:
    """The lines about runtime files and persistent links, with these keys in hosts.yml."""
    there = environment(**keys)
    return lines(check(there), there, "runtime files", "persistent links")


@pytest.fixture
def live(machine: Machine) -> Machine:
    """A host with a live release, and one runtime file in it."""
    (machine.release() / ".env.local").write_text("A=b\n")
    return machine


def test_a_file_and_a_target_that_are_there_are_ok(live: Machine) -> None:
    (live.folder / "media").mkdir()
    found = checked(runtime_files=[".env.local"], persistent_links={"public/media": str(live.folder / "media")})
    assert found == Lines(("runtime file .env.local", "persistent link public/media"), (), ())


def test_each_file_that_is_wrong_fails_and_the_others_are_ok(live: Machine) -> None:
    (live.live / "empty.json").touch()
    found = checked(runtime_files=["nowhere", ".env.local", "empty.json", {"path": "not-there", "optional": True}])
    assert found.ok == ("runtime file .env.local", "runtime file not-there")
    missing, empty = found.fail
    assert missing.startswith(f"runtime file nowhere is missing in {live.live.resolve()} -> # put it there")
    assert empty.startswith(f"runtime file {live.live.resolve()}/empty.json is empty -> # restore it")


def test_each_link_whose_target_is_wrong_fails_and_the_others_are_ok(live: Machine) -> None:
    (live.folder / "media").mkdir()
    there = {"target": str(live.folder / "media"), "mountpoint": str(live.folder)}
    found = checked(persistent_links={"a": str(live.folder / "none"), "b": there, "c": str(live.folder / "media")})
    assert found.ok == ("persistent link c",)
    assert found.fail == (
        f"{live.folder}/none does not exist, and a is to link to it -> mkdir -p {live.folder}/none # on the host",
        f"{live.folder} is not mounted, and b is to link to {live.folder}/media -> sudo mount {live.folder} # on the host",
    )
