"""Do the servers of nginx follow the live link, and does php-fpm get the path of the release from them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasks.host.check.nginx import Place, Server
    from tasks.host.check.serving import Site, Web
    from tasks.host.run import Run

REAL = "$realpath_root"
WANTED = "fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name"


def check_servers(run: Run, web: Web) -> None:
    """Does a server of nginx serve the site, through the live link?"""
    if web.nginx is None:
        run.report.doubt(
            f"nginx: there is no {web.file}: whether the web server follows the live link is not known",
            "let the web server resolve the link at every request, or reload it and PHP in services",
        )
        return
    for path in web.nginx.unread:
        run.report.doubt(f"nginx: {path} cannot be read by this user, and what is in it is not known", f"sudo chmod o+r {path}")
    for server in web.servers:
        check_server(run, web.site, server)
    if not web.servers and not web.nginx.unread:
        run.report.doubt(
            f"nginx: no server has its root in {web.site.live}",
            f"root {web.site.live}/public; in a server of nginx, then sudo nginx -t && sudo systemctl reload nginx",
        )


def check_server(run: Run, site: Site, server: Server) -> None:
    """Where does a server lead, and does php-fpm get the path of the release or of the link?"""
    reload = f"in {server.file}, then sudo nginx -t && sudo systemctl reload nginx"
    fixed = sorted({path for place in server.places for path in place.paths if site.fixed(path)})
    if fixed:
        run.report.bad(
            f"nginx: {server.name} serves {fixed[0]}, a release and not the live link: a cutover changes nothing",
            f"put {site.live} in its place {reload}",
        )
        return
    php = [place for place in server.places if place.passes]
    stale = dict.fromkeys(found for place in php for found in stale_params(place))
    for param, mend in stale:
        run.report.doubt(
            f"nginx: {server.name} has {param}: stale code after a release, until php-fpm is reloaded", f"{mend}; {reload}"
        )
    if not stale:
        served = next(path for place in server.places for path in place.paths if site.follows(path))
        run.report.ok(f"nginx: {server.name} serves {served}" + (f" by {REAL}" if php else ""))


def stale_params(place: Place) -> list[tuple[str, str]]:
    """Parameters that name the link, each with what to write: PHP keeps its compiled code under the path that it gets."""
    found = []
    script, root = place.param("SCRIPT_FILENAME"), place.param("DOCUMENT_ROOT")
    if REAL not in script:
        found.append((f"SCRIPT_FILENAME {script or 'not set'}", WANTED))
    if root and REAL not in root:
        found.append((f"DOCUMENT_ROOT {root}", f"fastcgi_param DOCUMENT_ROOT {REAL}, after any include"))
    return found
