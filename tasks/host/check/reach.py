"""What keeps visitors from every release of the site: `check` prints it, and a run that makes one live is refused.

Of what only the release that is live now has wrong, a later one decides.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from tasks.host.access import barrier, viewer
from tasks.host.check.serving import Web, masters
from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.run import Run, expanded

if TYPE_CHECKING:
    from typing import Tuple

    from tasks.host.services.nginx import Server

    User = Tuple[str, str, str]
    Trouble = Tuple[str, str, bool]  # what is wrong, what to do, and whether that decides

Links = Sequence[Sequence[str]]
RELOAD = "then sudo nginx -t && sudo systemctl reload nginx"
MOST = 3  # sentences of a refusal


def require(run: Run, units: Sequence[Sequence[str]], links: Links, warns: bool) -> None:
    """Would visitors reach a release? Raises Failed; `warns`: that is a warning. What cannot be looked at refuses nothing.

    `units` and `links`: as check_web takes them. Nothing below a persistent link is looked at: its file server may be away.
    """
    try:
        places = [place for link in links for place in linked(run, link)]
        found = [trouble for trouble in _troubles(Web(run.live, run.releases, places, masters(units))) if trouble[2]]
    except Failed:
        raise
    except Exception as problem:
        return run.report.warn(f"whether visitors reach a release could not be looked at: {type(problem).__name__}")
    refusal = Failed("; ".join(what for what, _, _ in found[:MOST]), next((todo for _, todo, _ in found), ""))
    if found and not warns:
        raise refusal
    return run.report.warn(refusal.sentence) if found else None


def linked(run: Run, link: Sequence[str]) -> Iterator[str]:
    """Every name of what a persistent link (path, target, mountpoint) leads to."""
    path, target, mountpoint = link
    yield from (os.path.join(live, path) for live in (run.live, os.path.realpath(run.live)))
    yield from (expanded(name) for name in (target, mountpoint) if name)


def fixed(web: Web, server: Server) -> Trouble | None:
    """A server that leads into a release without the live link. It does not decide beside one that follows the live link."""
    path = min(filter(web.fixed, server.paths), default="")
    what = f"nginx: {server.name} serves {path}, a release and not the live link: a cutover changes nothing"
    every = all(any(map(web.fixed, each.paths)) for each in web.servers)
    return (what, f"# put {web.live} in its place in {server.file}, {RELOAD}", every) if path else None


def of_users(web: Web) -> dict[User, Trouble]:
    """The users who are not there, or may not come to a release.

    Where nobody knows which pools are the site's, one that is kept out does not decide as long as another is not.
    """
    every = web.users()
    found = {user: trouble for user in every for trouble in _of_user(web, *user)}
    sure = web.knows_its_pools or all(user in found for user in every if user[0] != "nginx")
    return {user: (what, todo, decides or sure or user[0] == "nginx") for user, (what, todo, decides) in found.items()}


def opening(closed: str, name: str) -> str:
    """What to type so that this user may go through a directory."""
    sudo = "" if os.stat(closed).st_uid == os.getuid() else "sudo "
    return f"{sudo}setfacl -m u:{quoted(name)}:x {quoted(closed)} # on the host; or {sudo}chmod o+x {quoted(closed)}"


def _troubles(web: Web) -> Iterable[Trouble]:
    servers = (fixed(web, server) for server in web.servers)
    return [*filter(None, servers), *of_users(web).values()]


def _of_user(web: Web, program: str, name: str, group: str) -> Iterator[Trouble]:
    who = viewer(name, group)
    if who is None:
        yield f"{program} runs as {name}, and this host has no such user", "# correct its configuration", True
        return
    for top in web.tops(program):
        if closed := barrier(who, top):
            yield f"{name} ({program}) may not go through {closed}, which leads to {top}", opening(closed, name), False
            return
