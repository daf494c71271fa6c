"""check: does the git server answer, and is it who it was?"""

import shlex
import subprocess
from typing import Any

import pytest

from tasks.host.check import git_server
from tasks.host.check.git_server import address, reason
from tasks.host.failure import Failed
from tasks.phases.check import check
from tasks.phases.setup import setup
from tasks.phases.step import step
from tests.functions.check.conftest import Machine, lines
from tests.functions.made import Made
from tests.support.lines import Lines
from tests.unit.made import environment

SSH = """
port={port}
for word; do
    [[ $word != [0-9]* ]] || port=$word
    if [[ $word == --  && $* == *-G* ]]; then
        shift "$(($# - 1))"
        printf 'hostname %s\\nport %s\\n{alias}' "${{1/#work/git.example.com}}" "$port"
        echo 'userknownhostsfile ~/.ssh/known_hosts ~/.ssh/other'
        exit
    fi
done
printf '%s\\n' "$*" >>"$HOME/../ssh-calls"
echo "{answer}" >&2
exit 255
"""
KEYGEN = '[[ $1 == -F && $3 == -f && " {known} " == *" $2 "* && $4 == "$HOME/.ssh/other" ]]'
UNKNOWN = "Host key verification failed."
CHANGED = "@@@@@@@@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n@@@@@@@@@@@\nHost key verification failed."


pytestmark = pytest.mark.usefixtures("machine")


def checked(url: str, **keys: Any) -> Lines:
    """The lines about the git server of this URL."""
    there = environment(repository=url, **keys)
    return lines(check(there), there, "repository")


def ssh(machine: Machine, answer: str, port: int = 22, alias: str = "", known: str = "") -> None:
    """An ssh that refuses with this answer, and a known_hosts file that has a key of these names."""
    machine.program("ssh", SSH.format(answer=answer, port=port, alias=alias))
    machine.program("ssh-keygen", KEYGEN.format(known=known))


def test_a_git_server_that_answers_has_a_line(machine: Machine) -> None:
    git = ["git", "init", "--quiet", "--bare", str(machine.folder / "site.git")]
    subprocess.run(git, check=True)
    assert checked(str(machine.folder / "site.git")) == Lines((f"git: {machine.folder}/site.git answers",), (), ())


@pytest.mark.parametrize(
    ("url", "keyscan"),
    [
        ("git@git.example.com:acme/site.git", "ssh-keyscan -p 22 git.example.com "),
        ("ssh://git@git.example.com:2222/acme/site.git", "ssh-keyscan -p 2222 git.example.com "),
        ("work:acme/site.git", "ssh-keyscan -p 22 git.example.com "),
    ],
)
def test_a_host_key_that_nobody_knows_has_how_it_is_compared(machine: Machine, url: str, keyscan: str) -> None:
    ssh(machine, UNKNOWN)
    (failed,) = checked(url).fail
    text, _, todo = failed.partition(" -> ")
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
def test_a_host_key_that_changed_is_no_unknown_one(machine: Machine, port: int, alias: str, known: str) -> None:
    ssh(machine, CHANGED, port, alias, known)
    (failed,) = checked("git@git.example.com:acme/site.git").fail
    assert "git.example.com shows another host key than the one that" in failed
    assert f"ssh-keygen -R {shlex.quote(known)} # " in failed


def test_a_key_that_the_git_server_refuses_has_whose_key_it_needs(machine: Machine) -> None:
    ssh(machine, "git@git.example.com: Permission denied (publickey).")
    (failed,) = checked("git@git.example.com:acme/site.git").fail
    assert "does not answer: git@git.example.com: Permission denied (publickey)." in failed
    assert "deploy key" in failed


@pytest.mark.parametrize("answer", [UNKNOWN, CHANGED, "git@x: Permission denied (publickey).", "ERROR: Repository not found."])
def test_setup_has_the_same_line_for_it(machine: Machine, answer: str) -> None:
    ssh(machine, answer, known="git.example.com" if answer == CHANGED else "")
    url = "git@git.example.com:acme/site.git"
    run = Made("setup")
    assert step("git access", git_server.require, url) in setup(environment(repository=url)).steps
    with pytest.raises(Failed) as failed:
        git_server.require(run, url)
    assert checked(url).fail == (f"{failed.value.what} -> {failed.value.next}",)


def test_any_other_refusal_has_its_first_line_that_is_no_warning(machine: Machine) -> None:
    ssh(machine, "Warning: slow\n\nssh: connect to host git.example.com port 22: Connection timed out")
    (failed,) = checked("git@git.example.com:acme/site.git").fail
    assert "does not answer: ssh: connect to host git.example.com port 22: Connection timed out -> " in failed


def test_git_is_asked_so_that_nobody_is_asked_and_no_key_is_kept(machine: Machine) -> None:
    ssh(machine, UNKNOWN)
    checked("git@git.example.com:acme/site.git")
    for words in (machine.folder / "ssh-calls").read_text().splitlines():
        assert {"UpdateHostKeys=no", "BatchMode=yes"} <= set(words.split())
        assert "StrictHostKeyChecking" not in words


@pytest.mark.parametrize("url", ["git.example.com:site.git", "no host at all"])
def test_an_ssh_command_that_no_shell_could_read_is_no_traceback(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    ssh(machine, UNKNOWN)
    monkeypatch.setenv("GIT_SSH_COMMAND", "ssh 'a")
    assert len(checked(url).fail) == 1


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("git@git.example.com:acme/site.git", "git.example.com", ""),
        ("git.example.com:2222/site.git", "git.example.com", ""),
        ("ssh://git@git.example.com/site.git", "git.example.com", ""),
        ("ssh://git@git.example.com:2222/site.git", "git.example.com", "2222"),
        ("ssh://git@[::1]:2222/site.git", "::1", "2222"),
        ("ssh://[::1]/site.git", "::1", ""),
        ("[::1]:site.git", "::1", ""),
        ("nowhere", "nowhere", ""),
        ("git+ssh://a@b@git.example.com:22/x:y", "git.example.com", "22"),
    ],
)
def test_host_and_port_of_a_url(url: str, host: str, port: str) -> None:
    assert address(url) == (host, port)


BANNER = "#### AUTHORISED USE ONLY ####\n# All that you do is logged: #\nWelcome to git.example.com\n"
GENERAL = "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\n"
RULED = (
    f"remote: \nremote: {'=' * 72}\nremote: \nremote: ERROR: The project you were looking for could not be found.\nremote: \n"
)
NOT_THERE = "fatal: '/srv/x.git' does not appear to be a git repository"


@pytest.mark.parametrize(
    ("printed", "why"),
    [
        (
            f"{BANNER}ssh: connect to host x port 22: Connection refused\n{GENERAL}",
            "ssh: connect to host x port 22: Connection refused",
        ),
        (f"{BANNER}ERROR: Repository not found.\n{GENERAL}", "ERROR: Repository not found."),
        (f"{BANNER}remote: The project is gone.\n{GENERAL}", "remote: The project is gone."),
        (f"{BANNER}Connection closed by 10.0.0.1 port 22\n{GENERAL}", "Connection closed by 10.0.0.1 port 22"),
        (
            f"{BANNER}fatal: '/x' does not appear to be a git repository\n{GENERAL}",
            "fatal: '/x' does not appear to be a git repository",
        ),
        ("The server is being moved.\n" + GENERAL, "The server is being moved."),
        (f"{RULED}{GENERAL}", "remote: ERROR: The project you were looking for could not be found."),
        (f"-----\n * * *\n{GENERAL}", "fatal: Could not read from remote repository."),
        (f"bash: warning: setlocale: LC_ALL: cannot change locale (de_DE)\n{NOT_THERE}", NOT_THERE),
        (f"/bin/bash: warning: setlocale: LC_ALL: cannot change locale (de_DE)\n{NOT_THERE}", NOT_THERE),
        (f"perl: warning: Setting locale failed.\n{NOT_THERE}", NOT_THERE),
        (f"ERROR: ld.so: object '/x.so' from LD_PRELOAD cannot be preloaded: ignored.\n{NOT_THERE}", NOT_THERE),
        (
            f"bash: line 1: /etc/profile.d/x.sh: Permission denied\nERROR: No such project.\n{GENERAL}",
            "ERROR: No such project.",
        ),
        (f"/home/git/.profile: line 3: mesg: not found\n-bash: nvm: command not found\n{NOT_THERE}", NOT_THERE),
        (f"{BANNER}bash: git-upload-pack: command not found\n{GENERAL}", "bash: git-upload-pack: command not found"),
        ("sh: 1: git-upload-pack: not found\nfatal: the remote end hung up unexpectedly", "sh: 1: git-upload-pack: not found"),
        (GENERAL.split("\n")[0], "fatal: Could not read from remote repository."),
        ("", ""),
    ],
)
def test_the_reason_of_git_is_found_under_a_banner(printed: str, why: str) -> None:
    assert reason(printed) == why


def test_a_git_server_with_a_banner_is_reported_with_its_reason(machine: Machine) -> None:
    ssh(machine, f"{BANNER}ERROR: Repository not found.")
    (failed,) = checked("git@git.example.com:acme/site.git").fail
    assert "does not answer: ERROR: Repository not found." in failed
