"""Which releases a process has its files in, as far as the user who asks can see: nobody's directory goes from under them."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import subprocess
import sys
from typing import Dict, Iterator, List, Tuple

from tasks.shell.lib.services.processes import HOME, LINK, STAT, process, releases, slurp
from tasks.shell.lib.wire import emit


def files(pid: int, hidden: List[str]) -> Iterator[str]:
    """What a process has open or stands in; a link that only another user may read goes to `hidden`."""
    links = ["cwd", "exe", "root"]
    try:
        yield from (word for word in slurp(pid, "cmdline").split("\0") if word.startswith(HOME + "/"))
        links += ["fd/" + name for name in os.listdir("/proc/%d/fd" % pid)]
        yield slurp(pid, "maps")
    except OSError:
        pass  # another's, or it has ended
    for name in links:
        path = "/proc/%d/%s" % (pid, name)
        try:
            yield os.readlink(path)
        except PermissionError:
            hidden.append(path)
        except OSError:
            continue


def asked(hidden: List[str]) -> Iterator[Tuple[int, str]]:
    """What sudo says of those links, as a pid and a path; nothing where it refuses."""
    links = [path for path in hidden if not path.endswith("/root")]
    for at in range(0, len(links), 1000):
        words = ["sudo", "-n", *STAT, *links[at : at + 1000]]
        with contextlib.suppress(FileNotFoundError):
            said = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
            yield from ((int(pid), path) for pid, path in LINK.findall(said.decode("utf-8", "replace")))


def user(pid: int) -> str:
    uid = re.search(r"^Uid:\s+(\d+)", slurp(pid, "status"), re.M)
    try:
        return pwd.getpwuid(int(uid[1])).pw_name if uid else ""
    except KeyError:
        return uid[1] if uid else ""


def title(pid: int) -> str:
    each = process(pid)
    try:
        return "pid %d (%s, %s)" % (pid, user(pid), " ".join(each.arguments[:60].split())) if each else ""
    except OSError:
        return ""


def seen(ask: bool) -> Iterator[Tuple[int, str]]:
    """Every process and each text that may name a release; `ask`: what this user may not see, sudo is asked for."""
    hidden: List[str] = []
    for pid in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):
        yield from ((pid, text) for text in files(pid, hidden))
    if ask:
        yield from asked(hidden)


def in_use(ask: bool) -> Dict[str, str]:
    """Each release that is in use, and the first process that uses it."""
    found: Dict[str, str] = {}
    for pid, text in seen(ask):
        for name in releases([text]) - set(found):
            by = title(pid)
            if by:
                found[name] = by
    return found


if sys.argv[1:] == ["tell"]:
    emit("fact", "in_use", "\n".join(" ".join(each) for each in sorted(in_use(ask=True).items())))
else:
    sys.stdout.write("".join(word + "\0" for each in in_use(ask=False).items() for word in each))
