"""May the web server read what is live, and may PHP write where hosts.yml has it write?"""

from __future__ import annotations

import os
from collections.abc import Sequence

from tasks.host.build import runtime
from tasks.host.check.access import ENTER, READ, Viewer, barrier, unreadable, unwritable, viewer
from tasks.host.check.serving import Web
from tasks.host.run import Run

NOT_SERVED = ("node_modules", ".git")


def check_readable(run: Run, web: Web) -> None:
    """May nginx and the pools read the live release, or before a first one enter the directory of releases?"""
    there = os.path.exists(web.live)
    for program, name, group in web.users():
        who = viewer(name, group)
        if who is None:
            run.report.bad(f"{program} runs as {name}, and this host has no such user", "correct its configuration")
            continue
        tops = web.roots() if program == "nginx" else [*web.roots(), web.live]
        if _check_way(run, who, program, tops if there else [web.releases]) and there:
            _check_files(run, web, who, program, tops)


def _check_way(run: Run, who: Viewer, program: str, tops: Sequence[str]) -> bool:
    """Whether the way to each of these directories is open."""
    for top in tops:
        closed = barrier(who, top)
        if closed:
            sudo = "" if os.stat(closed).st_uid == os.getuid() else "sudo "
            run.report.bad(
                f"{who.name} ({program}) may not go through {closed}, which leads to {top}",
                f"{sudo}chmod o+x '{closed}', or {sudo}setfacl -m u:{who.name}:x '{closed}'",
            )
            return False
    return True


def _check_files(run: Run, web: Web, who: Viewer, program: str, tops: Sequence[str]) -> None:
    private = _build_files(run)

    def passed_over(path: str) -> bool:
        return path in private or os.path.basename(path) in NOT_SERVED or web.stands_still(path)

    found: list[str] = []
    for top in sorted({os.path.realpath(top) for top in tops}):
        found += ([] if who.may(top, READ | ENTER) else [top]) + unreadable(who, top, passed_over)
    closed = list(dict.fromkeys(found))  # one top may lie below another
    if closed:
        more = f" and {len(closed) - 1} more" if len(closed) > 1 else ""
        run.report.bad(
            f"{who.name} ({program}) cannot read {closed[0]}{more}",
            f"on the host: ls -ld '{closed[0]}'; a umask of 022 in what builds it lets all read",
        )
    else:
        run.report.ok(f"{who.name} ({program}) can read the live release")


def _build_files(run: Run) -> set[str]:
    """Runtime files that only a build may need: all but those that Symfony reads at every start."""
    live = os.path.realpath(run.live)
    dumped = os.path.exists(os.path.join(live, ".env.local.php"))
    files = runtime.present(run, live)
    return {os.path.join(live, file) for file in files if dumped or not os.path.basename(file).startswith(".env")}


def check_writable(run: Run, web: Web, paths: Sequence[str]) -> None:
    """May each pool write to these paths of the live release?"""
    pools = [viewer(name, group) for program, name, group in web.users() if program != "nginx"]
    if not pools:
        what = "writable: no pool of php-fpm is known on this host"
        run.report.doubt(what, "name the unit of php-fpm in services of hosts.yml")
    for who in filter(None, pools):
        for path in paths:
            place = os.path.join(run.live, path)
            if os.path.isdir(place):
                _check_writable_by(run, who, path, place)
            elif os.path.exists(os.path.dirname(place)):
                run.report.doubt(f"writable: there is no {path} in the live release", "the next build makes it")


def _check_writable_by(run: Run, who: Viewer, path: str, place: str) -> None:
    closed = barrier(who, place) or next(iter(unwritable(who, os.path.realpath(place))), "")
    if closed:
        run.report.doubt(f"writable: {who.name} (php-fpm) cannot write to {closed}", f"the next build makes {path} so")
    else:
        run.report.ok(f"writable: {who.name} (php-fpm) can write to {path}")
