"""open_basedir: whether a pool may run the file that asks it, from what php-fpm prints and from the php.ini beside it."""

from __future__ import annotations

import contextlib
import glob
import os
import re
from collections.abc import Mapping

from tasks.host import files
from tasks.host.services.probe import PLACE
from tasks.host.services.units import INIS

FOLDER = os.path.dirname(PLACE)
CLOSED = f"its open_basedir does not permit {FOLDER}, where the file lies that asks it: add that, and reload php-fpm"
REFUSED = "open_basedir restriction in effect"  # what PHP says then
PRINTED = re.compile(r"configuration file (\S+) test is successful")
SETTING = re.compile(r"^[ \t]*open_basedir[ \t]*=[ \t]*[\"']?([^\"'\n;]*)", re.M)


def of_php(printed: str) -> str:
    """What php.ini has for every pool of the php-fpm that printed this; "" where it has none, or may not be read."""
    main, value = PRINTED.search(printed), ""
    folder = glob.escape(os.path.dirname(main[1])) if main else ""
    for path in (path for pattern in INIS if folder for path in sorted(glob.glob(os.path.join(folder, pattern)))):
        with contextlib.suppress(OSError):
            value = [value, *SETTING.findall(files.text(path))][-1]
    return value.strip()


def is_closed(pool: Mapping[str, str], of_all: str) -> bool:
    """Whether a pool surely may not run the file that asks it; `of_all`: what php.ini has."""
    value = pool.get("php_admin_value[open_basedir]") or pool.get("php_value[open_basedir]") or of_all
    folders = [os.path.realpath(each).rstrip("/") + "/" for each in value.split(":") if each.startswith("/")]
    relative = [each for each in value.split(":") if each and not each.startswith("/")]
    return bool(folders) and not relative and not f"{os.path.realpath(FOLDER)}/".startswith(tuple(folders))
