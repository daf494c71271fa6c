"""Does nginx follow the live link, does php-fpm get the path of the release, and what may they do with its files?"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from tasks.host.access import ENTER, READ, Viewer, barrier, unreadable, unwritable, viewer
from tasks.host.check import reach
from tasks.host.check.asking import ask, guarded, which
from tasks.host.check.commands import search_path
from tasks.host.check.serving import Fpm, Web, masters
from tasks.host.files import quoted
from tasks.host.programs import TOO_LATE
from tasks.host.run import Run, expanded
from tasks.host.runtime.files import present
from tasks.host.services.nginx import Place, Server
from tasks.host.services.units import seconds

NOT_SERVED = ("node_modules", ".git")
REAL = "$realpath_root"


def check_web(
    run: Run, php: str, writable: Sequence[str], units: Sequence[Sequence[str]], links: Sequence[Sequence[str]]
) -> None:
    """All of the web server. `php`: the PHP that the commands of hosts.yml name first.

    `units`: action and name of the services that are units. `links`: path, target and mountpoint of the persistent links.
    """
    with guarded(run, "the web server"):
        fpms = masters(units, lambda file: _unread(run, "php-fpm", file))
        web = Web(run.live, run.releases, silent_places(run, links), fpms)
        with guarded(run, "nginx"):
            check_servers(run, web)
        for fpm in fpms:
            with guarded(run, "php-fpm"):
                check_reload(run, fpm)
                if fpm.action or fpm.serves(web.sockets()):
                    check_version(run, fpm, which(php, search_path(run)) or php)
        with guarded(run, "what the web may read"):
            check_readable(run, web)
        with guarded(run, "writable"):
            check_writable(run, web, {path: os.path.join(run.live, path) for path in writable}, links)


def silent_places(run: Run, links: Sequence[Sequence[str]]) -> list[str]:
    """Where a persistent link leads whose file server does not answer, by every name: who looks there stands still."""
    away = (link for link in links if not answers(expanded(link[2] or link[1])))
    return [place for link in away for place in reach.linked(run, link)]


def answers(path: str) -> bool:
    """Does the file server of a path answer, if only that there is nothing?"""
    return ask(["stat", "-L", "--", path], seconds=10.0).code != TOO_LATE


def check_servers(run: Run, web: Web) -> None:
    """Does a server of nginx serve the site, through the live link?"""
    if not os.path.exists(web.file):
        what = f"nginx: there is no {web.file}: whether the web server follows the live link is not known"
        run.report.doubt(what, "let the web server resolve the link at every request, or reload it and PHP in services")
        return
    for path in web.nginx.unread:
        _unread(run, "nginx", path, ", and what is in it is not known")
    for server in web.servers:
        _check_server(run, web, server)
    if not web.servers and not web.nginx.unread:
        todo = f"root {web.live}/public; in a server of nginx, then sudo nginx -t && sudo systemctl reload nginx"
        run.report.doubt(f"nginx: no server has its root in {web.live}", todo)


def _unread(run: Run, program: str, path: str, more: str = "") -> None:
    run.report.doubt(f"{program}: {path} cannot be read by this user{more}", f"sudo chmod o+r {path}")


def _check_server(run: Run, web: Web, server: Server) -> None:
    if trouble := reach.fixed(web, server):
        what, todo, decides = trouble
        (run.report.bad if decides else run.report.doubt)(what, todo)
        return
    reload = f"in {server.file}, {reach.RELOAD}"
    php = [place for place in server.places if place.passes]
    stale = dict.fromkeys(found for place in php for found in _stale_params(place))
    for param, mend in stale:
        what = f"nginx: {server.name} has {param}: stale code after a release, until php-fpm is reloaded"
        run.report.doubt(what, f"{mend}; {reload}")
    if not stale:
        served = next(filter(web.follows, server.paths))
        run.report.ok(f"nginx: {server.name} serves {served}" + (f" by {REAL}" if php else ""))


def _stale_params(place: Place) -> list[tuple[str, str]]:
    """Parameters that name the link, each with what to write: PHP keeps its compiled code under the path that it gets."""
    script, root = f"fastcgi_param SCRIPT_FILENAME {REAL}$fastcgi_script_name", f"fastcgi_param DOCUMENT_ROOT {REAL}"
    scripts = [each or "not set" for each in place.param("SCRIPT_FILENAME") if REAL not in each]
    roots = [each for each in place.param("DOCUMENT_ROOT") if each and REAL not in each]
    found = [(f"SCRIPT_FILENAME {each}", script) for each in scripts]
    return found + [(f"DOCUMENT_ROOT {each}", f"{root}, after any include") for each in roots]


def check_reload(run: Run, fpm: Fpm) -> None:
    """Requests in flight live through a reload only when the master waits for them."""
    if fpm.action != "reload" or not fpm.sections:
        return
    waits = seconds(fpm.sections["global"].get("process_control_timeout", "0"))
    if waits:
        run.report.ok(f"{fpm.unit}: requests in flight have {waits:g} s to end at a reload (process_control_timeout)")
    else:
        most = sum(int(pool.get("pm.max_children") or 0) for pool in fpm.pools)
        todo = f"process_control_timeout = 30s under [global] of {fpm.file}, then sudo systemctl reload {fpm.unit}"
        run.report.doubt(f"{fpm.unit} has process_control_timeout 0: requests in flight die at each reload, up to {most}", todo)


def check_version(run: Run, fpm: Fpm, php: str) -> None:
    """Composer and the warmed cache are made for the php of the command line, which `php` is."""
    served, here = ask([fpm.binary, "-v"]), ask([php, "-r", "echo PHP_MAJOR_VERSION, '.', PHP_MINOR_VERSION;"])
    found, name = re.search(r"PHP (\d+\.\d+)", served.text), os.path.basename(php)
    if served.code or here.code or not found:
        return
    version = found[1]
    if here.text == version:
        run.report.ok(f"{fpm.unit} runs PHP {version}, as {name} does")
    else:
        what = f"{fpm.unit} runs PHP {version}, and {name} is {here.text}: what Composer checks and warms is not what runs"
        todo = f"name php{version} in the commands of hosts.yml, or sudo update-alternatives --set php /usr/bin/php{version}"
        run.report.doubt(what, todo)


def check_readable(run: Run, web: Web) -> None:
    """May nginx and the pools read the live release, or before a first one enter the directory of releases?"""
    troubles = reach.of_users(web)
    for user in web.users():
        program, name, group = user
        who = viewer(name, group)
        if user in troubles:
            what, todo, decides = troubles[user]
            (run.report.bad if decides else run.report.doubt)(what, todo)
        elif who and os.path.exists(web.live):
            _check_files(run, web, who, program)


def _check_files(run: Run, web: Web, who: Viewer, program: str) -> None:
    """Of the runtime files, Symfony reads .env* at every start unless it is dumped; the others only a build may need."""
    live = os.path.realpath(run.live)
    dumped = os.path.exists(os.path.join(live, ".env.local.php"))
    names = (name for name in present(run, live) if dumped or not os.path.basename(name).startswith(".env"))
    build = {os.path.join(live, name) for name in names}

    def passed_over(path: str) -> bool:
        return path in build or os.path.basename(path) in NOT_SERVED or web.stands_still(path)

    found: list[str] = []
    for top in sorted({os.path.realpath(top) for top in web.tops(program)}):
        found += ([] if who.may(top, READ | ENTER) else [top]) + unreadable(who, top, passed_over)
    closed = list(dict.fromkeys(found))  # one top may lie below another
    if closed:
        more = f" and {len(closed) - 1} more" if len(closed) > 1 else ""
        what = f"{who.name} ({program}) cannot read {closed[0]}{more}"
        run.report.bad(what, f"on the host: ls -ld '{closed[0]}'; a umask of 022 in what builds it lets all read")
    else:
        run.report.ok(f"{who.name} ({program}) can read the live release")


def check_writable(run: Run, web: Web, places: dict[str, str], links: Sequence[Sequence[str]]) -> None:
    """May each pool write to these paths of the live release? What a persistent link leads to is looked at itself."""
    pools = [viewer(name, group) for program, name, group in web.users() if program != "nginx"]
    if places and not pools:
        what = "writable: no pool of php-fpm is known on this host"
        run.report.doubt(what, "name the unit of php-fpm in services of hosts.yml")
    linked = {path: expanded(target) for path, target, _ in links if path in places}
    for who in filter(None, pools):
        for path, place in {**places, **linked}.items():
            if web.stands_still(place):
                continue
            if not os.path.isdir(place):
                if path not in linked and os.path.exists(os.path.dirname(place)):
                    run.report.doubt(f"writable: there is no {path} in the live release", "the next build makes it")
                continue
            closed = barrier(who, place) or next(iter(unwritable(who, os.path.realpath(place))), "")
            if closed:
                todo = (
                    f"sudo setfacl -R -m u:{who.name}:rwX {quoted(place)}"
                    if path in linked
                    else f"the next build makes {path} so"
                )
                run.report.doubt(f"writable: {who.name} (php-fpm) cannot write to {closed}", todo)
            else:
                run.report.ok(f"writable: {who.name} (php-fpm) can write to {path}")
