"""The files that root runs, or reads and acts on: of units, nginx, php-fpm and supervisor, with all that they include.

Who can write one of them, or a directory on the way to it, can become root.
"""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tasks.host import files
from tasks.host.access import WRITE, Viewer, viewer
from tasks.host.failure import Failed
from tasks.host.leads import way
from tasks.host.run import Run
from tasks.host.services import supervisor
from tasks.host.services.nginx import Configuration
from tasks.host.services.scripts import loaded
from tasks.host.services.started import Runs, programs, unit
from tasks.host.services.units import INIS, is_nginx, is_php_fpm, nginx_config, php_fpm_config, php_fpm_mains

if TYPE_CHECKING:
    from typing import Dict, Tuple

    Places = Dict[str, Tuple[str, str]]  # what root does with each, and what to do

INCLUDE = re.compile(r"^[ \t]*include[ \t]*=[ \t]*[\"']?([^\s\"';]+)", re.M)
FILES = re.compile(r"^[ \t]*files[ \t]*=[ \t]*(\S+)", re.M)  # of supervisor
DEEPEST = 8  # includes within includes
LOADED_BY_NGINX = re.compile(
    r"load_module|perl_(?:modules|require)|lua_package_c?path|init_by_lua_file|js_(?:path|import|include)"
)
LOADED_BY_PHP = re.compile(
    r"^[ \t]*(?:(?:zend_)?extension(?:_dir)?|ffi\.preload)[ \t]*=[ \t]*[\"']?([^\s\"';]*/[^\s\"';]*)", re.M
)
"""What a main process loads, before it starts workers as others."""
INI = re.compile(r" (?:-c|--php-ini)[ =]?(\S+)")
COPY = "# put a copy that is root's into /etc, and name that; every directory on the way has to be root's too"
ANOTHER = "# set {}: a user who may read the release, www-data say; or run a file that is root's, below directories that are"
USER = {"systemd": "User= in the unit", "supervisor": "user= in its file, then sudo supervisorctl update"}


def refuse(run: Run, kind: str, units: list[dict[str, str]]) -> None:
    """Raises Failed where the release user can write what root would run or read to act on these units, or on supervisor."""
    wrong = found(run, map(of_unit, units) if kind == "systemd" else [of_supervisor()])
    if wrong:
        raise Failed("; ".join(what for what, _ in wrong[:3]), wrong[0][1])


def found(run: Run, every: Iterable[Places]) -> list[tuple[str, str]]:
    """What is wrong with files that root runs or reads, and what to do; nothing where root itself releases."""
    user = viewer(run.release_user)
    if user is None or not user.uid:
        return []
    said = {what: (place, next) for each in every for place, (what, next) in each.items()}
    wrong = ((what, writable(user, place), next) for what, (place, next) in said.items())
    return [(f"{what}, and {user.name} can write {name}", next) for what, name, next in wrong if name]


def writable(user: Viewer, place: str) -> str:
    """The first name on the way to a file that this user owns or can write; of a pattern, as far as it is no pattern."""
    plain = re.split(r"[*?\[]", place)[0]
    end = plain if plain == place else os.path.dirname(plain)
    names = list(way(end))
    for name in names:
        try:
            about = os.lstat(name)
        except FileNotFoundError:
            folder = os.path.dirname(name)
            return folder if user.may(folder, WRITE) else ""
        except OSError:
            return ""
        in_turn = stat.S_ISDIR(about.st_mode) and about.st_mode & stat.S_ISVTX and name != names[-1]  # others' names stay
        if about.st_uid == user.uid:
            return name
        plain_file = stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)  # a masked unit is a link to /dev/null
        if plain_file and not in_turn and user.may(name, WRITE):
            return name
    return ""


def of_unit(about: dict[str, str]) -> Places:
    """Of a unit of systemd: its file, its drop-ins, its environment, what it starts as root, and the configuration of that."""
    runs = unit(about)
    commands = runs.started_by("root")
    read = [about.get("FragmentPath", ""), *about.get("DropInPaths", "").split()]
    if commands:
        read += [line.split(" (")[0] for line in about.get("EnvironmentFiles", "").split("\n")]
        read += loaded(about.get("Environment", ""))
    for main, ini in {
        (php_fpm_config(words), *INI.findall(" ".join(words)), "")[:2] for words in commands if is_php_fpm(words)
    }:
        read += of_php_fpm(main, ini)
    for main in {nginx_config(words) for words in commands if is_nginx(words)}:
        read += of_nginx(main)
    places = _read(read)
    return {**places, **{place: said for place, said in run_by(runs, "root").items() if place not in places}}


def of_nginx(main: str) -> list[str]:
    """The main file, what it includes, and the modules and scripts that it loads."""
    read = Configuration(main)
    modules = [word for each in read.tree.all() if LOADED_BY_NGINX.fullmatch(each.name) for word in each.words]
    return [main, *read.sources, *(place for word in modules for place in word.split(";"))]


def of_php_fpm(main: str, ini: str = "") -> list[str]:
    """The main file, what it includes, each php.ini, named or beside it, and the extensions that these name."""
    mains = php_fpm_mains(main)
    patterns = [ini, f"{ini}/php*.ini"] if ini else []
    patterns += [os.path.join(os.path.dirname(file), name) for file in mains for name in INIS]
    inis = [place for pattern in patterns for place in _all(pattern)]
    extensions = [place for file in inis for place in LOADED_BY_PHP.findall(files.text(file))]
    return [place for file in mains for place in _included(file, 0)] + inis + [os.path.join("/", place) for place in extensions]


def of_supervisor() -> Places:
    """The main file, what it includes, and what its programs run as root; where one cannot be read, the places of the files."""
    main = supervisor.main_file()
    if not main:
        return {}
    sections: dict[str, dict[str, str]] = {}
    try:
        sections, patterns = supervisor.sections(main)
    except Exception:  # of configparser, which takes long to import
        patterns = FILES.findall(files.text(main))
    places = _read([main, *(each for pattern in patterns for each in _all(pattern))])
    inherited = sections.get("supervisord", {}).get("environment", "")
    for runs in programs(sections):
        environment = loaded(f"{inherited},{runs.about.get('environment', '')}") if runs.is_of("root") else []
        places.update({**run_by(runs, "root"), **_read(environment)})
    return places


def run_by(runs: Runs, user: str, more: str = "") -> Places:
    """What this user runs of a unit or a program."""
    said = ANOTHER.format(USER[runs.kind])
    return {place: (f"{runs.label} runs {place} as {user}{more}", said) for place in runs.places(user)}


def _read(places: Iterable[str]) -> Places:
    return {place: (f"root reads {place}", COPY) for place in places if place.startswith("/")}


def _included(path: str, depth: int) -> Iterator[str]:
    yield path
    for pattern in INCLUDE.findall(files.text(path)) if depth < DEEPEST else ():
        place = os.path.join(os.path.dirname(path), pattern)
        yield place
        for name in glob.glob(place):
            yield from _included(name, depth + 1)


def _all(pattern: str) -> list[str]:
    return [pattern, *sorted(glob.glob(pattern))]
