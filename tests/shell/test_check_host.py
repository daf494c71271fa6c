"""check: room for a release, and a git server that answers and is who it says it is."""

import json
from collections.abc import Callable

import pytest

from tasks.phases.check import check
from tests.support.checked import Told, lay_live, told
from tests.support.host import LINK, LocalHost

STAT = '[[ $1 != -f ]] || {{ echo "{numbers}"; exit; }}\nexec "$REAL" "$@"'
SSH = """
for word; do
    if [[ $word == -G ]]; then
        shift "$(($# - 1))"
        printf 'hostname %s\\nport {port}\\n{alias}' "${{1/#work/git.example.com}}"
        echo 'userknownhostsfile ~/.ssh/known_hosts ~/.ssh/other'
        exit
    fi
done
printf '%s\\n' "$*" >>"$HOME/../ssh-calls"
echo "{said}" >&2
exit 255
"""
UNKNOWN = "Host key verification failed."
CHANGED = "@@@@@@@@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n@@@@@@@@@@@\nHost key verification failed."

Asked = Callable[..., Told]


@pytest.fixture
def asked(host: LocalHost) -> Asked:
    """What the release user's half tells, with these keys in hosts.yml."""
    return lambda **keys: told(host.run(check(host.use(**keys))))


# -- room


def lay_built(host: LocalHost, **size: int) -> None:
    """A live release that was built here, of this size."""
    folder = lay_live(host)
    (folder / "release.json").write_text(
        json.dumps({"name": folder.name, "live_link": LINK, "commit": "c" * 40, "size": size or None})
    )


def free(host: LocalHost, kilobytes: int, all_inodes: int = 10**6, inodes: int = 10**6) -> None:
    """What the filesystem says is free."""
    host.shim("stat", STAT.format(numbers=f"{kilobytes} 1000 {all_inodes} {inodes}"))


def test_too_little_room_for_the_newest_release_and_half_again_fails(host: LocalHost, asked: Asked) -> None:
    lay_built(host, bytes=4_000_000, inodes=10)
    for kilobytes, fails in ((5999, True), (6000, False)):
        free(host, kilobytes)
        assert [f"only 5 MB and 1000000 inodes are free in {host.releases}" in each for each in asked().fail] == [True] * fails


def test_too_few_inodes_fail(host: LocalHost, asked: Asked) -> None:
    lay_built(host, bytes=1000, inodes=100)
    for inodes, fails in ((0, True), (149, True), (150, False)):
        free(host, 10**6, inodes=inodes)
        assert [f"and {inodes} inodes are free" in each for each in asked().fail] == [True] * fails


def test_a_release_whose_size_was_not_written_down_is_measured(host: LocalHost, asked: Asked) -> None:
    lay_built(host)
    (host.live / "large").write_bytes(b"x" * 3_000_000)
    free(host, 4000)
    assert "a release needs about 4 MB" in asked().fail[0]


def test_a_filesystem_that_counts_no_inodes_has_enough_of_them(host: LocalHost, asked: Asked) -> None:
    lay_built(host, bytes=1000, inodes=100)
    free(host, 10**6, 0, 0)
    assert asked().fail == ()


def test_before_a_first_release_a_gigabyte_is_asked_for(host: LocalHost, asked: Asked) -> None:
    free(host, 999_999)
    assert "only 999 MB and 1000000 inodes are free" in asked().fail[0]


def test_what_setup_took_over_does_not_say_how_large_a_build_is(host: LocalHost, asked: Asked) -> None:
    (lay_live(host) / "media").write_bytes(b"x" * 3_000_000)
    free(host, 1_000_000)
    assert asked().fail == ()


# -- the git server


def ssh(host: LocalHost, said: str, port: int = 22, alias: str = "", known: str = "") -> None:
    """An ssh that refuses with these words, and a known_hosts file that has a key of these names."""
    for name, script in {
        "ssh": SSH.format(said=said, port=port, alias=alias),
        "ssh-keygen": f'[[ $1 == -F && $3 == -f && " {known} " == *" $2 "* && $4 == "$HOME/.ssh/other" ]]',
    }.items():
        file = host.shims / name
        file.write_text(f"#!/bin/bash\n{script}\n")
        file.chmod(0o755)


@pytest.mark.parametrize(
    ("url", "port", "keyscan"),
    [
        ("git@git.example.com:acme/site.git", 22, "ssh-keyscan -p 22 git.example.com "),
        ("ssh://git@git.example.com:2222/acme/site.git", 2222, "ssh-keyscan -p 2222 git.example.com "),
        ("work:acme/site.git", 22, "ssh-keyscan -p 22 git.example.com "),
    ],
)
def test_a_host_key_that_nobody_knows_says_how_it_is_compared(
    host: LocalHost, asked: Asked, url: str, port: int, keyscan: str
) -> None:
    ssh(host, UNKNOWN, port)
    (said,) = asked(repository=url).fail
    text, _, todo = said.partition(" -> ")
    assert text.startswith("git: the host key of git.example.com is not known to ")
    assert keyscan in todo
    assert (
        todo.index("ssh-keygen -lf")
        < todo.index("compare with the fingerprint that git.example.com publishes")
        < todo.index("known_hosts")
    )


@pytest.mark.parametrize(
    ("port", "alias", "known"),
    [(22, "", "git.example.com"), (2222, "", "[git.example.com]:2222"), (2222, "hostkeyalias site\\n", "site")],
)
def test_a_host_key_that_changed_is_no_unknown_one(host: LocalHost, asked: Asked, port: int, alias: str, known: str) -> None:
    ssh(host, CHANGED, port, alias, known)
    (said,) = asked(repository="git@git.example.com:acme/site.git").fail
    assert "git.example.com shows another host key than the one that" in said
    assert f"ssh-keygen -R '{known}'" in said


def test_a_key_that_the_git_server_refuses_says_whose_key_it_needs(host: LocalHost, asked: Asked) -> None:
    ssh(host, "git@git.example.com: Permission denied (publickey).")
    (said,) = asked(repository="git@git.example.com:acme/site.git").fail
    assert "does not answer: git@git.example.com: Permission denied (publickey)." in said
    assert "deploy key" in said


def test_any_other_refusal_is_told_by_its_first_words(host: LocalHost, asked: Asked) -> None:
    ssh(host, "Warning: slow\n\nssh: connect to host git.example.com port 22: Connection timed out")
    (said,) = asked(repository="git@git.example.com:acme/site.git").fail
    assert "does not answer: ssh: connect to host git.example.com port 22: Connection timed out -> " in said


def test_git_is_asked_so_that_nobody_is_asked_and_no_key_is_kept(host: LocalHost, asked: Asked) -> None:
    ssh(host, UNKNOWN)
    asked(repository="git@git.example.com:acme/site.git")
    for words in (host.folder / "ssh-calls").read_text().splitlines():
        assert {"UpdateHostKeys=no", "BatchMode=yes"} <= set(words.split())
        assert "StrictHostKeyChecking" not in words
