"""A login's start-up files on OpenSSH: they move no command, are read by none, and one that ends the login is never success."""

from pathlib import PurePosixPath

import pytest

from tests.support.acme import Acme
from tests.support.fab import finish, until
from tests.support.traced import killing

USERS = ("ftsuser", "ubuntu")
HOSTILE = """\
MARK=read
cd /home/ftsuser/source || cd /tmp
echo() { builtin echo replaced; }
export -f echo
export PATH=/opt/theirs:$PATH BASH_ENV=/srv/bash_env ENV=/srv/bash_env POSIXLY_CORRECT=y TMOUT=1 CDPATH=/ SHELLOPTS
set -o noclobber
"""
ENDS = {
    "exit": 'echo "closed for maintenance"\n[ -z "$PS1" ] && exit\n',
    "exit 1": 'echo "closed for maintenance" >&2; exit 1\n',
    "exec": 'exec echo "closed for maintenance"\n',
}
FILES = (".bashrc", "command=")


def start_up(acme: Acme, text: str, *users: str) -> None:
    """Give users this ~/.bashrc."""
    for user in users or USERS:
        acme.host.write(f"/home/{user}/.bashrc", text, user)


@pytest.fixture
def released(acme: Acme) -> Acme:
    """A site with a release that is live."""
    acme.fab("release", "--ref", "master")
    return acme


def test_a_build_runs_in_its_own_directory_whatever_a_start_up_file_changes_to(released: Acme) -> None:
    before = released.live
    start_up(released, "cd ~/source\n", "ftsuser")
    released.write(apps={"web": {"bootstrap": ["echo made here >here"]}}, publish=["echo there >there"])
    released.fab("release", "--ref", "master")
    assert released.host.run(f"cd /home/ftsuser/releases/{before} && ls here there").stdout == ""
    assert released.host.sh("cat source/here source/there", "ftsuser").split("\n") == ["made here", "there"]


@pytest.fixture
def marked(released: Acme) -> dict[str, list[str]]:
    """What each command of hosts.yml saw of a hostile ~/.bashrc: a line for each, by the key that it stands under."""
    start_up(released, HOSTILE)
    released.host.sh("echo 'echo sourced >>/tmp/sourced' >/srv/bash_env; install -m 666 /dev/null /tmp/seen")
    names = "SSH_CLIENT|SSH2_CLIENT|BASH_ENV|ENV|POSIXLY_CORRECT|TMOUT|SHELLOPTS"
    sees = (
        f'set -- $(compgen -e | grep -xE "{names}"); printf "%s|" ${{MARK-unread}} "$PWD" "$*" "$(type -t echo)"'
        ' "$(shopt -po posix noclobber)" "$PATH" "$RELEASE_PATH" >/tmp/seen.'
    )
    keys = ("bootstrap", "publish", "verify", "migrate", "run")
    see = {key: sees + key for key in keys}
    released.write(
        path=["~/bin"],
        apps={"web": {"bootstrap": [see["bootstrap"]]}},
        **{key: [see[key]] for key in ("publish", "verify", "migrate")},
        services=[{"run": see["run"]}],
    )
    released.deploy()
    assert released.host.run("cat /tmp/sourced").stdout == ""
    return {key: released.host.sh(f"tr '\\n' ' ' </tmp/seen.{key}").split("|") for key in keys}


def test_commands_read_no_start_up_file_and_have_nothing_of_the_login_shell(marked: dict[str, list[str]]) -> None:
    for key, (mark, folder, variables, echo, options, path, release, _) in marked.items():
        assert (mark, variables, echo) == ("unread", "", "builtin"), key
        assert options == "set +o posix set +o noclobber", key
        name = PurePosixPath(release).name
        assert folder == {"bootstrap": f"/home/ftsuser/builds/source/{name}", "run": "/home/ubuntu"}.get(key, release), key
        assert path.startswith("/opt/theirs:" if key == "run" else "/home/ftsuser/bin:/opt/theirs:"), key


@pytest.mark.parametrize("ends", ENDS)
@pytest.mark.parametrize("user", USERS)
def test_a_start_up_file_that_ends_the_login_is_7_and_nothing_is_written(acme: Acme, user: str, ends: str) -> None:
    start_up(acme, ENDS[ends], user)
    before = acme.host.snapshot()
    said = acme.deploy(code=7).err
    assert "closed for maintenance" in said
    assert f"the login of {user}" in said
    for name in FILES:
        assert name in said
    assert acme.host.snapshot() == before


@pytest.mark.parametrize("user", USERS)
def test_a_login_shell_that_runs_nothing_is_7(acme: Acme, user: str) -> None:
    acme.host.sh(f"usermod --shell /bin/true {user}")
    before = acme.host.snapshot()
    assert f"the login of {user}" in acme.deploy(code=7).err
    assert acme.host.snapshot() == before


@pytest.mark.parametrize("command", ["", "exit 3", 'echo "$SSH_ORIGINAL_COMMAND"; echo no shells here'])
def test_a_forced_command_is_7(acme: Acme, command: str) -> None:
    keys = acme.host.sh("cat .ssh/authorized_keys", "ftsuser")
    forced = f"echo no shells here; {command}".replace('"', r"\"")
    acme.host.write("/home/ftsuser/.ssh/authorized_keys", f'command="{forced}" {keys}\n', mode="600")
    before = acme.host.snapshot()
    assert "no shells here" in acme.deploy(code=7).err
    assert acme.host.snapshot() == before


VERBS = (
    *(
        "setup",
        "check",
        "status",
        "releases",
        "history",
        "logs",
        "unhold",
        "attach",
        "cancel",
        "prune",
        "rollback",
        "post-release",
    ),
    *("plan --ref master", "build --ref master", "release --ref master", "hold --reason x"),
)


def test_no_verb_takes_a_login_that_ends_at_once_for_done(released: Acme) -> None:
    start_up(released, ENDS["exit"])
    before = released.host.snapshot()
    for words in VERBS:
        assert "closed for maintenance" in released.fab(*words.split(), code=7).err, words
    assert released.host.snapshot() == before


def test_a_cutover_whose_login_reports_nothing_is_unknown(released: Acme) -> None:
    before = released.live
    released.write(publish=["echo exit >~/.bashrc"])
    with killing(released.host.sshd, "symlink", "symlinkat"):  # the link that a cutover stages
        said = released.fab("deploy", "--ref", "master", "--patience", "1", code=8).err
    assert "the login of ftsuser" in said
    assert released.live == before


def test_a_post_release_whose_login_reports_nothing_is_not_done(released: Acme) -> None:
    before = released.live
    released.write(migrate=["touch /tmp/reached; until [ -e /tmp/go ]; do sleep 0.05; done"])
    run = released.start("deploy", "--ref", "master", "--patience", "1")
    until(lambda: released.host.run("test -e /tmp/reached").returncode == 0, run)
    tried = len(released.host.service_calls())
    start_up(released, "exit\n", "ubuntu")
    released.host.sh("kill -KILL $(ps -U ubuntu -o pid=); touch /tmp/go")
    said = finish(run, 4).err
    assert "the login of ubuntu" in said
    assert "Post-release is pending" in said
    assert released.live != before
    assert tried == len(released.host.service_calls())
    assert released.status["post_release_pending"]
