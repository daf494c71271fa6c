"""Does the git server answer without a question, and is it the one that the release user knows? Asked by setup and by check."""

from __future__ import annotations

import os
import re
import shlex

from tasks.host import git
from tasks.host.check.asking import ask, attempt
from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.programs import TOO_LATE
from tasks.host.run import Run, expanded
from tasks.host.services.masked import shown

NOISE = re.compile(r"([^\s:]+: )*warning|hint:|@|ERROR: ld\.so|(remote: ?)?\W*$", re.IGNORECASE)
"""How a line begins that says nothing of a failure: a rule of signs, a warning of git, ssh, a shell or the loader."""

OWN = re.compile(
    r"(fatal|error|remote|ssh|git|kex_\w+|[^\s:]+@[^\s:]+|git-\S+): |Permission denied"
    r"|Connection (closed|reset|refused|timed out)",
    re.IGNORECASE,
)
"""How a line begins that git, ssh or a program of the server has printed."""

SHELLS = re.compile(r"-?(\S*/)?(ba|da|z|k|c|tc|fi)?sh: ")
"""How a line of the server's shell begins: that it has no git, or that something is wrong in a start-up file."""

ANY = re.compile("")
GENERAL = (
    "fatal: Could not read from remote repository.",
    "Please make sure you have the correct access rights",
    "and the repository exists.",
    "fatal: the remote end hung up unexpectedly",
)
"""What git prints whatever the reason is."""

URL = re.compile(r"[\w+.-]+://(?:[^/]*@)?(\[[^]/]*\]|[^/:]*)(?::(\d+))?(?:/|$)")
SHORT = re.compile(r"(?:[^/:]*@)?(\[[^]]*\]|[^:]*):()")  # user@host:path
NEW = ".ssh/new"


def check(run: Run, url: str) -> None:
    """Does the git server of this URL answer?"""
    with attempt(run, f"git: {url} answers"):
        require(run, url)


def require(run: Run, url: str) -> None:
    """The git server of this URL answers release_user. The question adds no key to any file. Raises Failed, with what to do."""
    run.repository = url
    if os.path.isdir(run.repo):
        git.origin(run, git.there(run))  # it may have an ssh of its own
    user = run.release_user
    options = "-o UpdateHostKeys=no -o LogLevel=ERROR"  # without the server's banner
    done = git.call(run, ("ls-remote", "--quiet", "--heads", "--", url), ssh_options=options)
    if not done.code:
        return
    if "Host key verification failed" in done.text:
        raise _host_key(run, url)
    todo = f"git ls-remote {quoted(url)} # as {user} on the host"
    if "Permission denied (publickey" in done.text:
        todo = (
            f"ssh-keygen -t ed25519 # as {user} on the host; then give ~/.ssh/id_ed25519.pub to the git server as a deploy key"
        )
    late = f"nothing within {run.step_timeout:g} seconds" if done.code == TOO_LATE else ""
    raise Failed(f"git: {url} does not answer: {reason(shown(run, done.output)) or late}", todo)


def reason(printed: str) -> str:
    """Why git failed: the first line of git, of ssh or of the server's program, else of its shell; any may say more before."""
    lines = [line.strip() for line in printed.split("\n") if line.strip() and not NOISE.match(line.strip())]
    found = (line for how in (OWN, SHELLS, ANY) for line in lines if how.match(line) and line not in GENERAL)
    return next(found, next(iter(lines), ""))


def _host_key(run: Run, url: str) -> Failed:
    """A key that nobody compared is no proof of who answers; one that changed is a reason to stop."""
    user, settings = run.release_user, _ssh_settings(run, url)
    host, port = settings.get("hostname", ""), settings.get("port", "22")
    name = settings.get("hostkeyalias") or (host if port == "22" else f"[{host}]:{port}")
    files = f"{settings.get('userknownhostsfile', '')} {settings.get('globalknownhostsfile', '')}".split()
    if any(not ask(["ssh-keygen", "-F", name, "-f", expanded(file)]).code for file in files):
        what = f"git: {host} shows another host key than the one that {user} knows"
        return Failed(
            what, f"ssh-keygen -R {quoted(name)} # as {user} on the host, once who runs {host} says that it was replaced"
        )
    next = (
        f"cd; ssh-keyscan -p {quoted(port)} {quoted(host)} >{NEW}; ssh-keygen -lf {NEW} # as {user} on the host; "
        f"compare with the fingerprint that {host} publishes; then cat {NEW} >>.ssh/known_hosts"
    )
    return Failed(f"git: the host key of {host} is not known to {user}", next)


def _ssh_settings(run: Run, url: str) -> dict[str, str]:
    """What ssh does for this URL, as `ssh -G` prints it."""
    host, port = address(url)
    try:
        words = [os.path.expanduser(word) for word in shlex.split(run.ssh_command)]
    except ValueError:
        words = ["ssh"]
    shown = ask([*words, "-G", *(["-p", port] if port else []), "--", host], errors=False).text
    return dict(line.partition(" ")[::2] for line in reversed(shown.split("\n")))


def address(url: str) -> tuple[str, str]:
    """Host and port of an SSH URL, as they are written; the port is "" where it names none."""
    found = URL.match(url) or SHORT.match(url)
    return (found[1].strip("[]"), found[2] or "") if found else (url, "")
