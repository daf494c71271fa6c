"""Is there what setup makes, what a build takes, and room for a release; and what is live?"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence

from tasks.host import ready, releases, repository
from tasks.host.build import inodes, room, runtime
from tasks.host.build import links as persistent
from tasks.host.check.asking import ask, attempt
from tasks.host.failure import Failed
from tasks.host.run import Run
from tasks.host.runtime import choice, differences, readers

FIRST_RELEASE = 10**9  # bytes: of a release before there was one


def check_setup(run: Run) -> None:
    """What setup makes is there, writable, sound, and on one filesystem."""
    user, report = run.release_user, run.report
    report.fact("live_link", run.live)
    report.fact("releases", run.releases)
    for folder in (run.state, run.releases, run.repo):
        if not os.path.isdir(folder):
            report.bad(f"{folder} is missing", run.hint("setup"))
        elif not os.access(folder, os.W_OK):
            report.bad(f"{folder} cannot be written to by {user}", f"sudo chown -R {user}: {folder}")
    fault = repository.fault(run, "--connectivity-only") if os.path.isdir(run.repo) else ""
    if fault:
        report.bad(f"repo.git is spoilt: {fault}", run.hint("setup") + " # it makes a new one, and keeps this one aside")
    with attempt(run, ""):
        ready.apart(run)
        ready.sound(run)
    if not os.access(run.home, os.W_OK):
        report.bad(f"{run.home} cannot be written to by {user}, and the live link is there", f"sudo chown {user}: {run.home}")
    if os.path.isdir(run.state) and os.path.isdir(run.releases):
        if os.stat(run.state).st_dev == os.stat(run.releases).st_dev:
            report.ok("builds and releases are on one filesystem")
        else:
            text = f"{run.builds} and {run.releases} are on different filesystems"
            report.bad(text, "put builds_dir and releases_dir of hosts.yml on one")


def check_runtime(run: Run, units: Sequence[str]) -> None:
    """Each runtime file of hosts.yml is there, as a build asks first; which copies differ."""
    there = []
    for glob, optional in run.runtime_files:
        with attempt(run, f"runtime file {glob}"):
            runtime.check_one(run, glob, optional)
            there.append(glob)
    if len(there) == len(run.runtime_files):
        with attempt(run, ""):
            _compare_runtime(run, units)


def _compare_runtime(run: Run, units: Sequence[str]) -> None:
    found = choice.choose(run)
    for refusal in found.refusals:
        run.report.bad(refusal.what, refusal.next)
    for words in differences.each(run, found):
        run.report.doubt(words)
    readers.require(run, found.folders, units, run.report.doubt)


def check_links(run: Run, links: Sequence[Sequence[str]]) -> None:
    """The target of each persistent link, (path, target, mountpoint), is there, as a build asks first."""
    for path, target, mountpoint in links:
        with attempt(run, f"persistent link {path}"):
            persistent.check_one(run, path, target, mountpoint)


def check_room(run: Run, unknown: int) -> None:
    """Room for one more release, as a build asks first; less than a first one may well take is a warning."""
    if not os.path.isdir(run.releases):
        return
    try:
        room.check(run, FIRST_RELEASE)
        run.report.ok(f"room for a release in {run.releases}")
    except Failed as short:
        if short.reported:
            raise
        with attempt(run, ""):
            room.check(run, unknown)
            run.report.doubt(short.what, short.next)


def check_inodes(run: Run) -> None:
    """Does a release of an earlier version share files with a package cache, into which a build may write?"""
    for name in inodes.earlier(run)[0]:
        path = next((path for path, _ in inodes.shared(os.path.join(run.releases, name))), "")
        if path:
            text = f"{name} shares files with other places, {path} for one: a build that writes into them changes it"
            run.report.doubt(text, "the next build gives it files of its own")


def check_live(run: Run) -> None:
    """The live link is a link, to a sealed release; and is there a hold?"""
    name = releases.live(run)
    if os.path.exists(run.live) and not os.path.islink(run.live):
        run.report.bad(f"{run.live} is a directory, not the live link", run.hint("setup"))
    elif not os.path.islink(run.live):
        run.report.doubt("nothing is live yet", run.hint("deploy", "--ref", "BRANCH"))
    elif name and releases.sealed(run, name):
        run.report.ok(f"live: {name}")
    else:
        todo = run.hint("setup") if os.path.exists(run.live) else run.hint("deploy", "--ref", "BRANCH")
        run.report.bad(f"{run.live} points at {os.readlink(run.live)}, which is not a sealed release", todo)
    if os.path.exists(run.place("hold")):
        run.report.doubt("releases are on hold", run.hint("unhold"))


def check_clock(run: Run) -> None:
    """Names never go backwards, but a clock that does makes them wrong."""
    newest = max(releases.present(run), default="")
    if newest > f"{run.link}-{time.strftime(releases.STAMP, time.gmtime())}":
        text = f"the clock of this host is behind its newest release, {newest}"
        run.report.doubt(text, "timedatectl; sudo systemctl restart systemd-timesyncd")


def check_logout(run: Run) -> None:
    """A build outlives the link of its workstation, unless logind ends all that a login has started."""
    shown = ask(["systemd-analyze", "cat-config", "systemd/logind.conf"], errors=False).text
    set_to = dict(line.split("=", 1) for line in shown.split("\n") if re.match(r"Kill\w+=", line))  # the last one counts
    kills = set_to.get("KillUserProcesses", "no").strip().lower() in ("yes", "true", "on", "1")
    if kills and run.release_user not in set_to.get("KillExcludeUsers", "root").split():
        text = "logind ends every process of a login when its link ends (KillUserProcesses): a cut link ends the build"
        todo = f"KillExcludeUsers=root {run.release_user} in /etc/systemd/logind.conf; sudo systemctl restart systemd-logind"
        run.report.doubt(text, todo)


def check_later(run: Run, key: str) -> None:
    """A key of hosts.yml that this version reads and does not act on."""
    run.report.doubt(f"{key} is not acted on by this version", "see CHANGELOG.md")
