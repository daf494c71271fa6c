"""What root opens to write: of units, nginx, php-fpm and supervisor. A link in the place of one leads root elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from tasks.host import files
from tasks.host.access import viewer
from tasks.host.run import Run
from tasks.host.services.nginx import Configuration
from tasks.host.services.read_by_root import writable
from tasks.host.services.units import executable, is_nginx, is_php_fpm, nginx_config, php_fpm_config, php_fpm_mains, read

TO_FILES = ("file", "append", "truncate")  # what systemd writes into a file
OF_PHP_FPM = ("error_log", "slowlog", "access.log", "pid", "listen")
OF_NGINX = re.compile(r"access_log|error_log|pid|lock_file|listen|\w+_temp_path|\w+_cache_path")
OF_SUPERVISOR = ("stdout_logfile", "stderr_logfile", "logfile", "pidfile", "file", "childlogdir")


def found(run: Run, units: Iterable[Mapping[str, str]], programs: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str]]:
    """What is wrong, and what to do; nothing where root itself releases. `programs`: sections of supervisor's files."""
    user = viewer(run.release_user)
    if user is None or not user.uid:
        return []
    places = [place for unit in units for place in of_unit(unit)] + [*of_supervisor(programs)]
    wrong = ((place, writable(user, place)) for place in dict.fromkeys(places) if place.startswith("/") and "$" not in place)
    next = "# let it write into /var/log, /run or /var/lib, below directories that are root's, or to the journal"
    return [
        (f"root writes {place}, and {user.name} can write {name}: a link there leads root elsewhere", next)
        for place, name in wrong
        if name
    ]


def of_unit(unit: Mapping[str, str]) -> list[str]:
    """Of a unit of systemd, and of what it starts."""
    ways = [unit.get(key, "").partition(":") for key in ("StandardOutput", "StandardError")]
    places = [path for kind, _, path in ways if kind in TO_FILES]
    words = executable(dict(unit))
    if is_php_fpm(words):
        pools = [pool for main in php_fpm_mains(php_fpm_config(words)) if files.text(main) for pool in read(main).values()]
        places += [pool[key] for pool in pools for key in OF_PHP_FPM if key in pool]
    elif is_nginx(words):
        written = (each for each in Configuration(nginx_config(words)).tree.all() if OF_NGINX.fullmatch(each.name))
        places += [re.sub("^unix:", "", each.words[0]) for each in written if each.words]
    return places


def of_supervisor(sections: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Of supervisor itself and of its programs, of any user."""
    for about in sections.values():
        yield from (about[key] for key in OF_SUPERVISOR if about.get(key))
