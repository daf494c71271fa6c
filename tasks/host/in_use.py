"""Which releases a process has its files in, as far as the user who asks can see: nobody's directory goes from under them."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator

from tasks.host import files, process_links, programs
from tasks.host.run import Run
from tasks.host.views import Views


def report(run: Run) -> None:
    """Report each release in use, and the first process that uses it, with what only sudo can see."""
    found = find(run, os.path.dirname(run.release_path), ask=True)
    run.report.fact("in_use", "\n".join(f"{name} {user}" for name, user in sorted(found.items())))


def find(run: Run, folder: str, *, ask: bool = False) -> dict[str, str]:
    """Each release in this directory that is in use, and the first process that uses it; `ask`: sudo is asked too."""
    found: dict[str, str] = {}
    views = Views(folder, run.link)
    for pid, text in _seen(run, ask=ask):
        for name in sorted(views.releases(pid, text)):
            title = "" if name in found else _title(pid)
            if title:
                found[name] = title
    return found


def _seen(run: Run, *, ask: bool) -> Iterator[tuple[int, str]]:
    """Every process and each text that may name a release."""
    hidden: list[str] = []
    for pid in sorted(programs.pids()):
        for text in _files(pid, hidden):
            yield pid, text
    if ask and hidden:  # nothing where sudo refuses
        yield from process_links.read(run.step_timeout, run.log.descriptor)


def _files(pid: int, hidden: list[str]) -> Iterator[str]:
    """What a process has open, mapped or stands in; a link that only another user may read goes to `hidden`."""
    yield from _text(pid, "cmdline").split("\0")
    yield _text(pid, "maps")
    for name in ("cwd", "exe", "root", *(f"fd/{name}" for name in files.names(f"/proc/{pid}/fd"))):
        path = f"/proc/{pid}/{name}"
        try:
            yield os.readlink(path)
        except PermissionError:
            hidden.append(path)
        except OSError:
            continue


def _title(pid: int) -> str:
    """A process as a person finds it: pid, user, command; "" when it has ended."""
    words = process_links.shown(_text(pid, "cmdline").replace("\0", " "))
    user = _text(pid, "status").partition("\nUid:")[2].split()  # the owner of its directory may be root instead
    return f"pid {pid} ({user_name(int(user[0]))}, {words})" if user and programs.group_of(pid) else ""


def user_name(number: int) -> str:
    """The name of a user, or the number of one who has none."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _text(pid: int, name: str) -> str:
    return programs.about(pid, name).decode("utf-8", "replace")
