"""check: room for a release, and a git server that answers and is who it says it is."""

from collections.abc import Callable

import pytest

from tasks.phases.check import check
from tests.support.checked import Told, lay_live, told
from tests.support.host import LocalHost

DF = '[[ $1 != --output=avail,itotal,iavail ]] || exec printf "Avail Inodes IFree\\n%s\\n" "{numbers}"\nexec "$REAL" "$@"'
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


def test_too_little_room_for_the_live_release_and_half_again_fails(host: LocalHost, asked: Asked) -> None:
    (lay_live(host) / "large").write_bytes(b"x" * 3_000_000)
    for free, fails in ((3000, True), (6000, False)):
        host.shim("df", DF.format(numbers=f"{free} 1000000 999999"))
        assert ["only" in each for each in asked().fail] == [True] * fails


def test_too_few_inodes_fail(host: LocalHost, asked: Asked) -> None:
    folder = lay_live(host)
    for number in range(100):
        (folder / f"file{number}").touch()
    for free, fails in ((0, True), (99, True), (1000, False)):
        host.shim("df", DF.format(numbers=f"99999999 1000000 {free}"))
        assert [f"only {free} inodes are free" in each for each in asked().fail] == [True] * fails


@pytest.mark.parametrize("numbers", ["0 0", "- -"])
def test_a_filesystem_that_counts_no_inodes_has_enough_of_them(host: LocalHost, asked: Asked, numbers: str) -> None:
    lay_live(host)
    host.shim("df", DF.format(numbers=f"99999999 {numbers}"))
    assert asked().fail == ()


def test_before_a_first_release_a_gigabyte_is_asked_for(host: LocalHost, asked: Asked) -> None:
    host.shim("df", DF.format(numbers="999999 1000000 999999"))
    assert "only 976 MB are free" in asked().fail[0]


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
