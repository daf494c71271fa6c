"""A request to a release that nobody sees yet, put to the pool of php-fpm that will serve it."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Mapping, Sequence

from tasks.host.failure import Failed
from tasks.host.run import Run
from tasks.host.services import read_by_root
from tasks.host.services.fpm import Answers, without_an_answer
from tasks.host.services.preflight import configurations
from tasks.host.services.probe import ask, install
from tasks.host.services.service import Service

USUAL = "php*-fpm.service"
STATUS = re.compile(rb"^Status: *(\d{3})", re.M | re.I)


def check(
    run: Run,
    place: tuple[str, Sequence[str]],
    php: str,
    url: str,
    status: int,
    contains: str,
    headers: Sequence[Sequence[str]],
) -> None:
    """Put a request to every pool that serves the site, for a file of the release. Raises Failed.

    `place`: releases_dir of the release user, and the services that are units, among which the php-fpm is looked for.
    """
    releases, units = place
    release = os.path.join(_of(run, releases), run.release)
    answers = _answers(run, units)
    asked = [answers.pools[name] for name in sorted(answers.own)] or list(answers.pools.values())[:1]
    if not asked:
        raise Failed("no php-fpm was found that could be asked", "# name its unit in services of hosts.yml")
    install()
    given = parameters(release, php, url, {name: value for name, value in headers})
    for pool in asked:
        done = ask(pool, answers.link, given)
        head, _, body = done.output.replace(b"\r\n", b"\n").partition(b"\n\n")
        _judge(run, f"{php} {url}", done.code, head, body, status, contains)


def parameters(release: str, php: str, url: str, headers: Mapping[str, str]) -> dict[str, str]:
    """What nginx would pass to php-fpm for a request by GET."""
    script, (path, _, query) = os.path.join(release, php), url.partition("?")
    host = next((value for name, value in headers.items() if name.lower() == "host"), "localhost")
    return {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "REQUEST_METHOD": "GET",
        "REQUEST_URI": url,
        "QUERY_STRING": query,
        "DOCUMENT_URI": path,
        "DOCUMENT_ROOT": os.path.dirname(script),
        "SCRIPT_FILENAME": script,
        "SCRIPT_NAME": f"/{os.path.basename(php)}",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": host.partition(":")[0],
        "SERVER_ADDR": "127.0.0.1",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "REDIRECT_STATUS": "200",
        "HTTP_HOST": host,
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }


def _of(run: Run, path: str) -> str:
    """A path in hosts.yml, whose ~ is the home of the release user. Raises Failed."""
    try:
        return re.sub("^~(?=/|$)", lambda _: pwd.getpwnam(run.release_user).pw_dir, path)
    except KeyError:
        raise Failed(f"this host has no user {run.release_user}") from None


def _answers(run: Run, units: Sequence[str]) -> Answers:
    """The pools of the php-fpm among these units, or of those of the usual name."""
    for names in (units, [USUAL]):
        found = [unit for name in names for unit in Service("systemd", "reload", name).units()]
        read_by_root.refuse(run, "systemd", found)
        dumps = configurations(run, found, only_php=True)
        if dumps:
            return Answers(run, dumps)
    return Answers(run, [])


def _judge(run: Run, what: str, code: int, head: bytes, body: bytes, status: int, contains: str) -> None:
    if code:
        raise Failed(f"{what} got no answer: {without_an_answer(run.log, head.decode('utf-8', 'replace').strip())}")
    found = STATUS.search(head)
    answered = int(found[1]) if found else 200
    if answered != status:
        raise Failed(f"{what} answered {answered} instead of {status}")
    if contains.encode() not in body:
        raise Failed(f"{what} answered {status}, but {contains!r} is not in the body")
