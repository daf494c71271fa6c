"""Links, FIFOs and devices that a commit, a build or a hand left in a tree: nothing it writes or reads goes through them."""

import pytest

from tests.support.acme import SECRET, Acme
from tests.support.fab import git

KEYS_FILE = "/home/ftsuser/.ssh/authorized_keys"
SEALS = (".release.json", ".release.json.new", "release.json.new", ".release.json.tmp")


@pytest.fixture
def released(acme: Acme) -> Acme:
    """A site with a release that is live."""
    acme.deploy()
    return acme


def commit_links(acme: Acme, links: dict[str, str]) -> None:
    """Commit links to places outside, and push them."""
    for name, target in links.items():
        (acme.clone / name).symlink_to(target)
    acme.push({"page": "with links\n"})
    assert "120000" in git(acme.clone, "ls-tree", "-r", "HEAD")


def keys(acme: Acme) -> str:
    """The keys that open the login of the release user."""
    return acme.host.sh(f"stat -c '%i %Y' {KEYS_FILE}; cat {KEYS_FILE}")


def test_a_committed_link_in_the_place_of_the_seal_leads_it_nowhere(acme: Acme) -> None:
    commit_links(acme, dict.fromkeys(SEALS, KEYS_FILE))
    before = keys(acme)
    acme.deploy()
    assert keys(acme) == before
    assert acme.host.sh("stat -c %F source/release.json; ls -A source | grep -c release", "ftsuser").split("\n") == [
        "regular file",
        str(len(SEALS) + 1),
    ]


def test_a_link_that_a_command_makes_in_the_place_of_the_seal_is_replaced(acme: Acme) -> None:
    acme.write(verify=[f"ln -s {KEYS_FILE} release.json; ln -s {KEYS_FILE} .release.json"])
    before = keys(acme)
    acme.deploy()
    assert keys(acme) == before
    assert acme.host.sh("stat -c %F source/release.json", "ftsuser") == "regular file"


SWAPS = {
    "apps": {"web": {"bootstrap": ['mv "$PWD" ~/gone && ln -s ~/source/. "$PWD"']}},
    "verify": ['mv "$PWD" ~/gone && ln -s "$(realpath ~/source)" "$PWD"'],
}


@pytest.mark.parametrize("key", SWAPS)
def test_a_build_that_puts_a_link_to_the_live_release_in_its_own_place_seals_nothing(released: Acme, key: str) -> None:
    before, seal = released.live, released.host.sh("stat -c '%i %Y' source/release.json", "ftsuser")
    released.write(**{key: SWAPS[key]})
    released.deploy(code=3)
    assert (released.live, released.host.sh("stat -c '%i %Y' source/release.json", "ftsuser")) == (before, seal)
    assert released.names == [before]


@pytest.mark.parametrize(
    "command", ["touch release.json; chmod 0 release.json", "chmod 0 .", "mkdir release.json; chmod 0 release.json"]
)
def test_a_build_that_closes_its_own_directory_or_its_seal_stops_no_later_run(released: Acme, command: str) -> None:
    before = released.names
    released.write(publish=[f"{command}; exit 1"])
    released.deploy(code=3)
    assert released.names == before
    released.write(publish=[command])
    released.start("deploy", "--ref", "master").communicate(timeout=60)  # it may be in the way of no command
    released.write()
    released.deploy()
    assert released.left_over() == []


@pytest.mark.parametrize("mode", ["311", "0", "111", "500"])
def test_a_file_in_a_directory_that_a_build_has_closed_is_its_own(acme: Acme, mode: str) -> None:
    make = "mkdir -p ~/cache nm/in; echo one >~/cache/a; ln ~/cache/a nm/a; ln ~/cache/a nm/in/a"
    acme.write(publish=[f"{make}; chmod {mode} nm/in; chmod {mode} nm"])
    acme.deploy()
    acme.host.sh("echo two >cache/a", "ftsuser")
    nm = "/home/ftsuser/source/nm"
    assert acme.host.sh(f"cat {nm}/a {nm}/in/a; stat -c %a,%h {nm}/a {nm}/in/a; stat -c %a {nm} {nm}/in").split() == [
        *("one", "one", "644,1", "644,1", mode, mode),
    ]


@pytest.mark.parametrize("target", ["/home/ftsuser/.ssh", "inside"])
def test_a_committed_link_leads_no_runtime_file_elsewhere(acme: Acme, target: str) -> None:
    acme.push({"inside/authorized_keys": "of the commit\n"})
    commit_links(acme, {"config": target})
    acme.host.write("/home/ftsuser/runtime/source/config/authorized_keys", "ours\n")
    acme.write(runtime_files=["config/authorized_keys"])
    before = keys(acme)
    said = acme.deploy(code=3).err
    assert "config" in said
    assert keys(acme) == before
    assert (acme.names, acme.left_over()) == ([], [])


def test_a_committed_link_in_the_place_of_a_runtime_file_is_replaced(acme: Acme) -> None:
    commit_links(acme, {".env.local": KEYS_FILE})
    before = keys(acme)
    acme.deploy()
    assert keys(acme) == before
    assert acme.host.sh("stat -c '%F %a' source/.env.local; cat source/.env.local", "ftsuser").split("\n") == [
        "regular file 640",
        f"TOKEN={SECRET}",
    ]


NOT_FILES = {
    "link": ("mv .env.local elsewhere && ln -s elsewhere .env.local", "reached through no link"),
    "link in the way": ("mkdir config && mv .env.local config && ln -s config conf", "reached through no link"),
    "fifo": ("rm .env.local && mkfifo .env.local && chown ftsuser: .env.local", "but a FIFO of uid "),
    "device": ("rm .env.local && mknod .env.local c 1 3 && chown ftsuser: .env.local", "but a device of uid "),
    "root": ("chown root .env.local && chmod 644 .env.local", "but a file of uid 0"),
}


@pytest.mark.parametrize("spoilt", NOT_FILES)
def test_a_runtime_file_is_a_regular_file_of_the_release_user_reached_through_no_link(released: Acme, spoilt: str) -> None:
    file = "conf/.env.local" if spoilt == "link in the way" else ".env.local"
    spoil, how = NOT_FILES[spoilt]
    released.host.sh(f"cd {released.host.sh('realpath /home/ftsuser/source')} && {spoil}")
    released.write(runtime_files=[file])
    said = released.deploy(code=3).err
    assert f"/{file} is not a regular file of ftsuser, {how}" in said
    assert (released.names, released.left_over()) == ([released.live], [])
    assert f"/{file} is not a regular file" in released.fab("check", code=3).out
    released.fab("plan", "--ref", "master")
