"""Does the git server answer without a question, and is it the one that the release user knows?"""

from __future__ import annotations

import os
import re
import shlex

from tasks.host import git
from tasks.host.check.asking import ask
from tasks.host.files import quoted
from tasks.host.programs import TOO_LATE
from tasks.host.run import Run, expanded

NOISE = re.compile(r"[Ww]arning|hint|@|$")
OWN = re.compile(
    r"(fatal|error|remote|ssh|git|kex_\w+|bash|sh|[^\s:]+@[^\s:]+|\S*git-\S+): |ERROR: |Permission denied"
    r"|Connection (closed|reset|refused|timed out)",
    re.IGNORECASE,
)
"""How a line begins that git, ssh or a program of the server has printed."""

GENERAL = ("fatal: Could not read from remote repository.",)
URL = re.compile(r"[\w+.-]+://(?:[^/]*@)?(\[[^]/]*\]|[^/:]*)(?::(\d+))?(?:/|$)")
SHORT = re.compile(r"(?:[^/:]*@)?(\[[^]]*\]|[^:]*):()")  # user@host:path
NEW = ".ssh/new"


def check_repository(run: Run, url: str) -> None:
    """Does the git server of this URL answer? The question adds no key to any file."""
    run.repository = url
    user = run.release_user
    options = "-o UpdateHostKeys=no -o LogLevel=ERROR"  # without the server's banner
    done = git.call(run, ("ls-remote", "--quiet", "--heads", "--", url), ssh_options=options)
    if not done.code:
        return run.report.ok(f"git: {url} answers")
    if "Host key verification failed" in done.text:
        return _check_host_key(run, url)
    todo = f"as {user} on the host: git ls-remote {quoted(url)}"
    if "Permission denied (publickey" in done.text:
        own = "ssh-keygen -t ed25519 on the host, then ~/.ssh/id_ed25519.pub as a deploy key"
        todo = f"let the git server know a key of {user}: {own}"
    late = f"nothing within {run.step_timeout:g} seconds" if done.code == TOO_LATE else ""
    return run.report.bad(f"git: {url} does not answer: {reason(done.text) or late}", todo)


def reason(printed: str) -> str:
    """Why git failed: the first line of git, of ssh or of the server's program; a banner may stand before it."""
    lines = [line.strip() for line in printed.split("\n") if line.strip() and not NOISE.match(line)]
    own = [line for line in lines if OWN.match(line)]
    return next((line for line in (*own, *lines) if line not in GENERAL), next(iter(own), ""))


def _check_host_key(run: Run, url: str) -> None:
    """A key that nobody compared is no proof of who answers; one that changed is a reason to stop."""
    user, settings = run.release_user, _ssh_settings(run, url)
    host, port = settings.get("hostname", ""), settings.get("port", "22")
    name = settings.get("hostkeyalias") or (host if port == "22" else f"[{host}]:{port}")
    files = f"{settings.get('userknownhostsfile', '')} {settings.get('globalknownhostsfile', '')}".split()
    if any(not ask(["ssh-keygen", "-F", name, "-f", expanded(file)]).code for file in files):
        run.report.bad(
            f"git: {host} shows another host key than the one that {user} knows",
            f"ask who runs {host} whether it was replaced; if it was, as {user} on the host: ssh-keygen -R '{name}', "
            "and look again",
        )
    else:
        run.report.bad(
            f"git: the host key of {host} is not known to {user}",
            f"as {user} on the host: cd; ssh-keyscan -p {port} {host} >{NEW}; ssh-keygen -lf {NEW}; "
            f"compare with the fingerprint that {host} publishes; cat {NEW} >>.ssh/known_hosts",
        )


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
