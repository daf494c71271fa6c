"""Does nginx fall back to the asset pool for what the live release has not?"""

from __future__ import annotations

import os
import re
from typing import Iterable, Iterator, Sequence

from tasks.host import files
from tasks.host.access import barrier, viewer
from tasks.host.assets import ageing, record
from tasks.host.check.asking import guarded
from tasks.host.check.reach import opening
from tasks.host.check.serving import Web
from tasks.host.check.web import silent_places
from tasks.host.run import Run
from tasks.host.services import health
from tasks.host.services.nginx import Directive, Place, Server

SECONDS = 10.0  # for one request
LISTEN = re.compile(r"(?:(\[[^]]*\]|[^:[\]]+):)?(\d+)|(\[[^]]*\]|[^:[\]/]+)")
ANY = {"": "127.0.0.1", "*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 what nginx listens to


class Served:
    """A server of nginx that serves the site: as it is written, as it is read; `folder` of the release is its root, or ""."""

    def __init__(self, block: Directive, server: Server, outer: Place, folder: str) -> None:
        self.block, self.server, self.outer, self.folder = block, server, outer, folder


def check_pool(run: Run, paths: Sequence[str], links: Sequence[Sequence[str]]) -> None:
    """A line for each path of the pool and server of the site. `links`: those of hosts.yml, as check_web takes them."""
    if not os.path.isdir(run.live):
        return
    with guarded(run, "the asset pool"):
        web = Web(run.live, run.releases, silent_places(run, links), [])
        found = list(_serving(run, web))
        for path in paths:
            serving = [each for each in found if path.startswith(each.folder)]
            for each in serving:
                _check_server(run, each, path)
            if not serving:
                what = f"asset pool: no server of nginx that this user can read serves the live release from above {path}"
                run.report.doubt(
                    what, "name the directory of the hashed files, such as public/build; docs/assets.md has the lines"
                )
        _check_way(run, web)


def _serving(run: Run, web: Web) -> Iterator[Served]:
    for http in web.nginx.tree.named("http"):
        outer = Place(http)
        for block in http.named("server"):
            server = Server(block, outer)
            root = next((root for place in server.places for root in place.roots if web.leads(root)), "")
            if root:
                folder = os.path.relpath(os.path.realpath(root), os.path.realpath(run.live))
                yield Served(block, server, outer, "" if folder == "." else f"{folder}/")


def _check_server(run: Run, served: Served, path: str) -> None:
    url, root = path[len(served.folder) :], os.path.join(record.root(run), served.folder).rstrip("/")
    name, written = served.server.name, served.server.file
    file = _only_there(run, path)
    answer = _asked(served, file[len(served.folder) :], os.path.join(record.root(run), file)) if file else ""
    reload = f"in the server of {written}, then sudo nginx -t && sudo systemctl reload nginx"
    if file and not answer:
        run.report.ok(f"asset pool: {name} serves {file}, which the live release has not")
    elif not _falls_back(served, root):
        lines = f"location /{url}/ {{ try_files $uri @assets; }} location @assets {{ root {root}; }}"
        run.report.doubt(f"asset pool: {name} does not fall back to it for /{url}/", f"{lines} {reload}")
    elif file:
        run.report.doubt(f"asset pool: {name} falls back to it, but {answer}", "sudo nginx -t && sudo systemctl reload nginx")
    else:
        run.report.ok(f"asset pool: {name} falls back to it for /{url}/; the live release has every file of it")


def _only_there(run: Run, path: str) -> str:
    """A file of the pool that the live release has not; "" where it has all."""
    root, live = record.root(run), os.path.realpath(run.live)
    found = (file for file, *_ in ageing.files(root)) if os.path.isdir(root) else iter(())
    return next((file for file in found if file.startswith(path + "/") and not os.path.lexists(os.path.join(live, file))), "")


def _falls_back(served: Served, root: str) -> bool:
    """Does a try_files or an error_page lead into the pool, by a named location or by a path?"""
    blocks = list(_blocks(served.block, served.outer))
    named = {block.words[0] for block, place in blocks if block.words and _any_in(place.roots, root)}
    for block, place in blocks:
        for each in (*block.named("try_files"), *block.named("error_page")):
            words = (top + word.partition("$")[0] for top in place.roots for word in each.words)
            if named.intersection(each.words) or _any_in(words, root):
                return True
    return False


def _blocks(block: Directive, outer: Place) -> Iterator[tuple[Directive, Place]]:
    place = Place(block, outer)
    yield block, place
    for each in block.block or ():
        if each.block is not None:
            yield from _blocks(each, place)


def _any_in(paths: Iterable[str], root: str) -> bool:
    real = os.path.realpath(root)
    return any((os.path.realpath(path) + "/").startswith(real + "/") for path in paths if path.startswith("/"))


def _asked(served: Served, path: str, file: str) -> str:
    """Ask for a file; "" where it is served by one of the addresses, else what the last one answered."""
    headers = [("Host", name) for name in served.server.hosts[:1]]
    said = "it listens to nothing that can be asked"
    for address in _addresses(served.block.named("listen")):
        url = f"{address}/{path}"
        try:
            status, body = health.answer(url, headers, SECONDS)
        except (OSError, ValueError, health.Unhealthy) as problem:
            said = f"{url} has no answer: {problem}"
            continue
        if status == 200 and _is_of(body, files.read(file)):
            return ""
        said = f"{url} is answered {status}" + (", with something else" if status == 200 else "")
    return said


def _is_of(body: bytes, content: bytes) -> bool:
    """Whether a body, of which a part is read, is this content."""
    return body == content[: len(body)] and len(body) >= min(len(content), health.LIMIT)


def _addresses(listens: Iterable[Directive]) -> list[str]:
    """Where a server can be asked from this host, without TLS first."""
    words = [each.words for each in listens] or [["80"]]
    found = [(LISTEN.fullmatch(each[0]), each) for each in words if each and "proxy_protocol" not in each]
    urls = []
    for listen, each in found:
        if listen:
            host, port = listen[1] or listen[3] or "", listen[2] or "80"
            secure = "ssl" in each or "quic" in each
            urls.append(f"http{'s' * secure}://{ANY.get(host, host)}:{port}")
    return sorted(urls, key=lambda url: url.startswith("https"))


def _check_way(run: Run, web: Web) -> None:
    """May nginx go to the pool? A home of Ubuntu is closed to it."""
    for program, name, group in web.users():
        who, root = viewer(name, group), record.root(run)
        closed = barrier(who, root) if who else ""
        if who and closed:
            what = f"asset pool: {who.name} ({program}) may not go through {closed}, which leads to {root}"
            run.report.doubt(what, opening(closed, who.name))
