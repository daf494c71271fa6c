"""Files of root in a release: the deploy that prunes it goes well, and says what removes them; so does the next prune."""

import pytest

from tests.support.acme import Acme
from tests.support.fab import until

HOME = "/home/ftsuser"
TRASH = f"{HOME}/builds/source/trash"


@pytest.fixture
def spoilt(acme: Acme) -> Acme:
    """Two releases, of which one is kept: in the older one root has made a directory, the newer one is live."""
    acme.write(keep_releases=2)
    acme.deploy()
    acme.host.sh(f"cd {HOME}/source && mkdir -p cache/pool empty && touch cache/pool/file && chown ftsuser: cache")
    acme.deploy()
    return acme


def told(acme: Acme, said: str) -> list[str]:
    """The commands that remove what is left, as they are told."""
    return [line.partition("was removed: ")[2] for line in said.splitlines() if "was removed: " in line and acme]


def trash(acme: Acme) -> list[str]:
    return acme.host.sh(f"ls {TRASH}").split()


def test_what_root_owns_is_told_with_the_command_that_removes_it(spoilt: Acme) -> None:
    oldest = spoilt.names[0]
    deployed = spoilt.deploy()
    (command,) = told(spoilt, deployed.err)
    assert command.startswith(f"sudo rm -rf -- {TRASH}/{oldest}.")
    assert oldest not in spoilt.names
    until(lambda: len(trash(spoilt)) == 2)
    assert [told(spoilt, spoilt.fab("prune").err) for _ in range(2)] == [[command], [command]]
    spoilt.host.sh(command.removeprefix("sudo "))
    assert told(spoilt, spoilt.fab("prune").err) == []
    until(lambda: trash(spoilt) == [])


def test_what_is_left_is_only_what_nobody_else_can_delete(spoilt: Acme) -> None:
    spoilt.deploy()
    until(lambda: len(trash(spoilt)) == 2)
    left = spoilt.host.sh(f"cd {TRASH}/*Z.????????; find . -mindepth 1 | sort").split()
    assert left == ["./cache", "./cache/pool", "./cache/pool/file"]


def test_a_release_that_root_owns_stays_and_is_told_with_the_command(spoilt: Acme) -> None:
    oldest = spoilt.names[0]
    spoilt.host.sh(f"chown -R root: {HOME}/releases/{oldest}; chmod 755 {HOME}/releases/{oldest}")
    said = spoilt.deploy().err
    assert f"{oldest} could not be pruned: " in said
    assert f"sudo rm -rf -- {HOME}/releases/{oldest}" in said
    assert oldest in spoilt.names
    assert oldest in spoilt.fab("prune", code=3).err
