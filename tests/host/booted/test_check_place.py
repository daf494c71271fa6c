"""check on a real host: the commands, the directories, the files and the git server of the release user."""

import pytest

from tests.host.booted.spoiling import Checks, Spoilt, each_of
from tests.support.booted import Booted
from tests.support.checked import shown
from tests.support.lines import Lines
from tests.support.shop import HOME, Shop

KEPT = f"{HOME}/runtime/source"
LIVE, KNOWN, REPO = f"{HOME}/source", f"{HOME}/.ssh/known_hosts", f"{HOME}/builds/repo.git"
API, AHEAD = f"{LIVE}/apps/dossier-api", f"{HOME}/releases/source-20990101T000000Z"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
JSON = """python3 -c 'import json, sys
name, *keys, value = sys.argv[1:]
found = place = json.load(open(name))
for key in keys[:-1]: place = place[key]
place[keys[-1]] = value
json.dump(found, open(name, "w"))' """
OLD_GIT = """printf '#!/bin/sh
[ "$1" != --version ] || exec echo git version 2.11.0
exec /usr/bin/git "$@"
' >/usr/local/bin/git; chmod 755 /usr/local/bin/git"""
BYTES = f"size=$(($(du -s --apparent-size -k {HOME}/releases | cut -f 1) * 2))k"
INODES = f"nr_inodes=$(($(find {HOME}/releases | wc -l) + 20))"


def edited(name: str, *words: str) -> tuple[str, str]:
    """How a value in a JSON file is changed (KEY... VALUE), and changed back."""
    return f"cp -a {name} {name}.as-it-was && {JSON} {name} {' '.join(words)}", f"mv {name}.as-it-was {name}"


def taken(*paths: str) -> tuple[str, str]:
    """How files are taken away, and put back."""
    away = (f"mv {path} {path}.taken" for path in paths)
    return "; ".join(away), "; ".join(f"rm -rf {path}; mv {path}.taken {path}" for path in paths)


def replaced(path: str, by: str) -> tuple[str, str]:
    """How something else comes to lie in the place of a file, and the file again."""
    do, undo = taken(path)
    return f"{do}; {by} {path}", undo


def both(one: tuple[str, str], other: tuple[str, str]) -> tuple[str, str]:
    """How two things are done, and undone."""
    return f"{one[0]} && {other[0]}", f"{one[1]}; {other[1]}"


def small(options: str) -> tuple[str, str]:
    """How releases come to lie on a filesystem with as little room as that."""
    there, copy = f"{HOME}/releases", "/var/backups/releases"
    mount = f"cp -a {there}/. {copy} && mount -t tmpfs -o {options} tmpfs {there} && chown ftsuser: {there}"
    return f"{mount} && cp -a {copy}/. {there}", f"umount --lazy {there}; rm -r {copy}"


GROUPS = {
    "commands": [
        Spoilt(
            "there is no no-such-tool on this host for ftsuser, and verify needs it", "fail", keys={"verify": ["no-such-tool"]}
        ),
        Spoilt("bun is not on the PATH of ftsuser's commands", "fail", keys={"path": []}, todo="put ~/.bun/bin into path"),
        Spoilt("missing on the host: du", "fail", *taken("/usr/bin/du"), todo="apt-get install"),
        Spoilt("ask for: ext-imaginary", "fail", *edited(f"{LIVE}/composer.json", "require", "ext-imaginary", "'*'")),
        Spoilt("Permission denied (publickey)", "fail", *taken(f"{HOME}/.ssh/id_ed25519"), todo="deploy key"),
        Spoilt("which is not a sealed release", "fail", *taken(f"{LIVE}/release.json"), todo="fab -H prod setup"),
    ],
    "bytes": [
        Spoilt("inodes are free in", "fail", *small(BYTES), todo="fab -H prod prune"),
        Spoilt("are on different filesystems", "fail", todo="put builds_dir and releases_dir of hosts.yml on one"),
        Spoilt(
            "another host key than the one that ftsuser", "fail", *replaced(KNOWN, f"echo localhost {KEY} >"), todo="keygen -R"
        ),
    ],
    "inodes": [
        Spoilt("inodes are free in", "fail", *small(INODES), todo="fab -H prod prune"),
        Spoilt(
            "runtime file .env.local is missing",
            "fail",
            *taken(f"{LIVE}/.env.local", f"{KEPT}/.env.local"),
            todo="put it there",
        ),
        Spoilt(
            "bank.json is empty",
            "fail",
            *replaced(f"{LIVE}/config/credentials/bank.json", "install -o ftsuser /dev/null"),
            todo="restore it",
        ),
        Spoilt(
            "/mnt/efs is not mounted",
            "fail",
            "umount --lazy /mnt/efs",
            "systemctl restart mnt-efs.mount && systemd-tmpfiles --create /etc/tmpfiles.d/shop.conf",
            "sudo mount",
        ),
        Spoilt("/mnt/efs/uploads does not exist", "fail", todo="mkdir -p"),
        Spoilt("releases are on hold", "warn", f"touch {REPO}/../source/hold", f"rm {REPO}/../source/hold", "unhold"),
        Spoilt(
            f"{REPO} cannot be written to by", "fail", f"chown root: {REPO}", f"chown ftsuser: {REPO}", "sudo chown -R ftsuser"
        ),
        Spoilt(f"is behind its newest release, {AHEAD[-23:]}", "warn", f"mkdir {AHEAD}", f"rmdir {AHEAD}", "timedatectl"),
        Spoilt("the host key of localhost is not known to ftsuser", "fail", *taken(KNOWN), todo="ssh-keyscan -p 22 localhost"),
    ],
    "directory": [Spoilt("is a directory, not the live link", "fail", *replaced(LIVE, "mkdir"), todo="fab -H prod setup")],
}


@pytest.fixture(scope="module")
def shop(booted: Booted, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop, live."""
    shop = Shop(booted, tmp_path_factory.mktemp("shop")).set_up()
    shop.deploy()
    return shop


@pytest.fixture(scope="module")
def checks(shop: Shop) -> Checks:
    """What check says of this host while it is spoilt."""
    return Checks(shop, GROUPS)


@each_of(GROUPS)
def test_what_is_wrong_has_a_line_of_its_own(checks: Checks, group: str, spoilt: Spoilt) -> None:
    checks.assert_said(group, spoilt)


@pytest.fixture(scope="module")
def well(shop: Shop) -> Lines:
    """What check says of the host as it is."""
    names, before = shop.host.sh("find /tmp | sort"), shop.host.snapshot()
    told = shown(shop.fab("check"))
    assert (shop.host.sh("find /tmp | sort"), shop.host.snapshot()) == (names, before)
    return told


def test_a_host_where_all_is_well_is_ready_and_as_it_was(well: Lines) -> None:
    assert well.fail == ()
    assert [line.partition(" -> ")[0] for line in well.warn] == [
        "requests to dossier-api (127.0.0.1:8001) are lost while it restarts"
    ]


@pytest.mark.parametrize(
    "line",
    [
        "tools: bash git",
        "commands: bun 1.",
        "builds and releases are on one filesystem",
        "room for a release in ",
        "live: source-",
        "web: PHP here is what composer.lock and composer.json ask for",
        "dossier-api: PHP here is what composer.lock and composer.json ask for",
        "git: git@localhost:shop.git answers",
        "runtime file .env.local",
        "persistent link public/media",
        "nginx: www.example.com serves /home/ftsuser/source/public by $realpath_root",
        "php8.2-fpm: requests in flight have 10 s to end at a reload",
        "php8.2-fpm runs PHP 8.2, as php does",
        "www-data (nginx) can read the live release",
        "www-data (php-fpm) can read the live release",
        "writable: www-data (php-fpm) can write to var",
        "sudo systemctl reload php8.2-fpm",
        "systemd messenger-worker@*",
        "supervisor releases",
        "nothing that root reads can be written by ftsuser, nor what it runs",
        "workers end gracefully: systemd messenger-worker@*",
    ],
)
def test_each_line_says_what_is_well(well: Lines, line: str) -> None:
    assert [each for each in well.ok if each.startswith(line)] != []


def test_an_environment_that_was_never_set_up_says_so(shop: Shop) -> None:
    told = shown(shop.fab("check", on="preprod", code=3))
    missing = [line for line in told.fail if "is missing -> fab -H preprod setup" in line]
    assert [line.partition(" ")[0] for line in missing] == [f"{HOME}/builds/source-preprod"]
    assert [line for line in told.warn if line.startswith("nothing is live yet")] != []
    assert [line for line in told.ok if line.startswith("nginx: preprod.example.com serves")] != []
