"""Which file is read, and which environment is taken from it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.config.inventory import PROJECT, Inventory, find_hosts_file, load
from tasks.config.models import Address
from tasks.errors import UsageError

TWO = "defaults: {repository: 'git@h:p'}\nhosts: {prod: , preprod: {address: [a, b]}}"


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOSTS_FILE", raising=False)
    monkeypatch.delenv("SANDBOX_DIR", raising=False)


def test_an_environment_without_an_address_has_its_name_for_one(inventory: Callable[[str], Inventory]) -> None:
    assert inventory(TWO).environment("prod").addresses == (Address(host="prod"),)


def test_several_addresses_are_read_in_their_order(inventory: Callable[[str], Inventory]) -> None:
    assert inventory(TWO).environment("preprod").addresses == (Address(host="a"), Address(host="b"))


def test_a_host_replaces_the_whole_key_of_defaults(inventory: Callable[[str], Inventory]) -> None:
    found = inventory("""
        defaults: {repository: x, env: {A: "1", B: "2"}, publish: [one, two]}
        hosts: {a: {env: {C: "3"}}}
        """).environment("a")
    assert (dict(found.env), found.publish) == ({"C": "3"}, ("one", "two"))


def test_an_unknown_environment_is_told_with_the_names_there_are(inventory: Callable[[str], Inventory]) -> None:
    with pytest.raises(UsageError) as caught:
        inventory(TWO).environment("prd")
    assert caught.value.what.startswith("no environment 'prd' there, did you mean prod?: ")
    assert caught.value.what.endswith("hosts.yml has prod, preprod")


@pytest.mark.parametrize("name", [None, ""])
def test_no_environment_is_told_with_the_names_there_are(inventory: Callable[[str], Inventory], name: str | None) -> None:
    with pytest.raises(UsageError, match=r"no environment named: .* has prod, preprod") as caught:
        inventory(TWO).environment(name)
    assert caught.value.next == "fab -H prod VERB"


def test_an_environment_cannot_be_changed(inventory: Callable[[str], Inventory]) -> None:
    environment = inventory(TWO + "\nx-note: 1").environment("prod")
    with pytest.raises(TypeError):
        environment.env["A"] = "1"  # type: ignore[index]
    with pytest.raises(ValueError, match="frozen"):
        environment.port = 23  # type: ignore[misc]


def test_hosts_yml_lies_beside_the_fabfile_wherever_fab_is_typed(tmp_path: Path) -> None:
    assert find_hosts_file("prod", tmp_path) == PROJECT / "hosts.yml"


@pytest.mark.parametrize("name", ["prod", "sandbox", None])
def test_HOSTS_FILE_wins_and_is_relative_to_where_fab_is_typed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str | None
) -> None:
    monkeypatch.setenv("HOSTS_FILE", "other/hosts.yml")
    assert find_hosts_file(name, tmp_path) == tmp_path / "other/hosts.yml"


def test_the_sandbox_has_a_file_of_its_own(tmp_path: Path) -> None:
    written = tmp_path / ".sandbox" / "hosts.yml"
    written.parent.mkdir()
    written.touch()
    assert find_hosts_file("sandbox", Path("elsewhere"), project=tmp_path) == written


def test_SANDBOX_DIR_names_another_sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SANDBOX_DIR", "mine")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "hosts.yml").touch()
    assert find_hosts_file("sandbox", tmp_path) == tmp_path / "mine" / "hosts.yml"


def test_a_sandbox_that_does_not_run_is_told_with_how_to_start_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the sandbox is not running") as caught:
        find_hosts_file("sandbox", tmp_path, project=tmp_path)
    assert caught.value.next == "fab sandbox.start"


def test_a_missing_file_is_told_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.yml: cannot be read: No such file or directory") as caught:
        load(tmp_path / "nowhere.yml")
    assert caught.value.next == "# set HOSTS_FILE to the hosts.yml to use"


def test_a_directory_in_its_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        load(tmp_path)
