"""The files that root reads and acts on: units, nginx, php-fpm and supervisor, with all that they include.

Who can write one of them, or a directory on the way to it, can become root.
"""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterator, Mapping

from tasks.host import files
from tasks.host.access import WRITE, Viewer, viewer
from tasks.host.failure import Failed
from tasks.host.leads import way
from tasks.host.run import Run
from tasks.host.services import supervisor
from tasks.host.services.nginx import Configuration
from tasks.host.services.served import NGINX
from tasks.host.services.units import PLACES, executable, is_php_fpm, php_fpm_config

INCLUDE = re.compile(r"^[ \t]*include[ \t]*=[ \t]*[\"']?([^\s\"';]+)", re.M)
FILES = re.compile(r"^[ \t]*files[ \t]*=[ \t]*(\S+)", re.M)  # of supervisor
DEEPEST = 8  # includes within includes


def refuse(run: Run, kind: str, units: list[dict[str, str]]) -> None:
    """Raises Failed where the release user can write what root would read to act on these units, or on supervisor."""
    places = [place for unit in units for place in of_unit(unit)] + (of_supervisor() if kind == "supervisor" else [])
    for what, next in found(run, places):
        raise Failed(what, next)


def found(run: Run, places: list[str]) -> list[tuple[str, str]]:
    """What is wrong with files that root reads, and what to do; nothing where root itself releases."""
    user = viewer(run.release_user)
    if user is None or not user.uid:
        return []
    wrong = ((place, writable(user, place)) for place in dict.fromkeys(places))
    next = "# put a copy that is root's into /etc, and name that; every directory on the way has to be root's too"
    return [(f"root reads {place}, and {user.name} can write {name}", next) for place, name in wrong if name]


def writable(user: Viewer, place: str) -> str:
    """The first name on the way to a file that this user owns or can write; of a pattern, as far as it is no pattern."""
    plain = re.split(r"[*?\[]", place)[0]
    end = plain if plain == place else os.path.dirname(plain)
    names = list(way(end))
    for name in names:
        try:
            about = os.lstat(name)
        except OSError:
            return ""
        in_turn = stat.S_ISDIR(about.st_mode) and about.st_mode & stat.S_ISVTX and name != names[-1]  # others' names stay
        if about.st_uid == user.uid:
            return name
        plain_file = stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)  # a masked unit is a link to /dev/null
        if plain_file and not in_turn and user.may(name, WRITE):
            return name
    return ""


def of_unit(unit: Mapping[str, str]) -> list[str]:
    """Of a unit of systemd: its file, its drop-ins, what it starts as root, and the configuration of that."""
    words = executable(dict(unit))
    places = [unit.get("FragmentPath", ""), *unit.get("DropInPaths", "").split()]
    if unit.get("User", "?") in ("", "root", "0") and unit.get("DynamicUser") != "yes":
        places += words[:1] + [word for word in words[1:] if word.startswith("/") and os.path.isfile(word)]
    if is_php_fpm(words):
        places += of_php_fpm(php_fpm_config(words))
    elif nginx := nginx_file(words):
        places += of_nginx(nginx)
    return [place for place in places if place.startswith("/")]


def nginx_file(words: list[str]) -> str:
    """The main file of the nginx that a unit starts with these words, "" where it starts none."""
    if not words or os.path.basename(words[0]) != "nginx":
        return ""
    named = re.search(r" -c ?(/\S+)", " ".join(words))
    return named[1] if named else NGINX


def of_nginx(main: str) -> list[str]:
    """The main file, what it includes, and the modules that it loads."""
    read = Configuration(main)
    modules = [word for each in read.tree.named("load_module") for word in each.words]
    return [main, *read.sources, *modules]


def of_php_fpm(main: str) -> list[str]:
    """The main file, what it includes, and php.ini beside it, which names extensions."""
    mains = [main] if main else [file for place in PLACES for file in glob.glob(place)]
    beside = [os.path.join(os.path.dirname(file), name) for file in mains for name in ("php.ini", "conf.d/*.ini")]
    return [place for file in mains for place in _included(file, 0)] + [each for name in beside for each in _all(name)]


def of_supervisor() -> list[str]:
    """The main file and what it includes; of files that cannot be read, only their own place."""
    main = supervisor.main_file()
    if not main:
        return []
    try:
        patterns = supervisor.sections(main)[1]
    except Exception:  # of configparser, which takes long to import
        patterns = FILES.findall(files.text(main))
    return [main, *(each for pattern in patterns for each in _all(pattern))]


def _included(path: str, depth: int) -> Iterator[str]:
    yield path
    for pattern in INCLUDE.findall(files.text(path)) if depth < DEEPEST else ():
        place = os.path.join(os.path.dirname(path), pattern)
        yield place
        for name in glob.glob(place):
            yield from _included(name, depth + 1)


def _all(pattern: str) -> list[str]:
    return [pattern, *sorted(glob.glob(pattern))]
