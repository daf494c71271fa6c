"""The words that bash says to the ledger."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, Callable

from tasks.shell.lib.history import HISTORY, LINK, NAME, RELEASES, entries, file_at, fsync_directory, now, record
from tasks.shell.lib.ledger import Ledger, live, present, release, seal_of, state
from tasks.shell.lib.wire import emit

UNSEALED = 10


def settle() -> None:
    """Complete history from the live link, after a run that died between its intent and its done line."""
    intent = Ledger().intent
    if intent and live() == intent.get("name"):
        again = ["%s=%s" % (key, intent[key]) for key in ("name", "from", "put_back") if key in intent]
        os.environ.update(RUN=intent.get("run", ""), BY=intent.get("by", ""), VERB=intent.get("verb", ""))
        record("done", [*again, "settled=yes"])
    elif intent:
        record("abandoned", ["name=" + intent.get("name", "")])


def seal(fields: list[str]) -> None:
    """Make release.json; the words after "timings" are NAME=MILLISECONDS, and carried= names a file of JSON."""
    at = fields.index("timings")
    about: dict[str, Any] = dict(field.partition("=")[::2] for field in fields[:at])
    timings = {name: int(ms) for name, _, ms in (field.rpartition("=") for field in fields[at + 1 :])}
    folder = os.path.join(RELEASES, about["name"])
    nothing = {key: about.get(key) or None for key in ("ref", "commit", "built_from")}
    carried = about.pop("carried", "")
    if carried:
        with open(carried, encoding="utf-8") as file:
            about["carried"] = json.load(file)
    size = size_of(folder) if nothing["commit"] else None
    about.update(nothing, v=1, live_link=LINK, by=os.environ["BY"], built_at=now(), timings=timings, size=size)
    # what is no Unicode in a file's name becomes the escape that JSON has for it
    text = json.dumps(about, ensure_ascii=False, indent=1) + "\n"
    put(folder, "release.json", text.encode("utf-8", "backslashreplace"))
    fsync_directory(RELEASES)


def put(folder: str, name: str, data: bytes) -> None:
    """A file of this content, by rename, on disk; whatever lies in the folder, no link there is followed and nothing opened."""
    new = ".%s.%s" % (name, os.urandom(8).hex())
    at = -1
    try:
        at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        opened = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644, dir_fd=at)
        with open(opened, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(opened)
        os.rename(new, name, src_dir_fd=at, dst_dir_fd=at)
        os.fsync(at)
    except OSError as problem:
        problem.filename, problem.filename2 = folder, None
        raise
    finally:
        if at >= 0:
            os.close(at)


def describe(name: str) -> int:
    """Tell what a release is; the exit status says whether it is one."""
    if not (NAME.fullmatch(name) and name in present() and seal_of(name)):
        return 1
    about = release(Ledger(), name)
    for key, value in (("ref", about["ref"]), ("commit", about["commit"]), ("standing", about["state"])):
        emit("fact", key, value or "")
    return 0


def size_of(folder: str) -> dict[str, int] | None:
    """What a directory takes, as du has it; None where du cannot tell."""
    try:
        kilobytes, inodes = (
            subprocess.run(["du", "-s", how, "--", folder], stdout=subprocess.PIPE, timeout=120, check=True).stdout.split()[0]
            for how in ("-k", "--inodes")
        )
    except (OSError, subprocess.SubprocessError, LookupError):
        return None
    return {"bytes": int(kilobytes) * 1024, "inodes": int(inodes)}


def tell_size() -> None:
    """Bytes and inodes of the newest release that was built here, "" where there is none: what setup took over says nothing."""
    for name in Ledger().sealed():
        seal = seal_of(name) or {}
        told = seal.get("size")
        sound = isinstance(told, dict) and all(type(told.get(key)) is int for key in ("bytes", "inodes"))
        found = seal.get("commit") and (told if sound else size_of(os.path.join(RELEASES, name)))
        if found:
            print(found["bytes"], found["inodes"])
            return


def unsealed(name: str) -> bool:
    """Surely no release: a seal that cannot be read, on a failing disk say, is no leave to remove what it seals."""
    try:
        with file_at(os.path.join(RELEASES, name, "release.json")) as file:
            file.read()
    except (FileNotFoundError, NotADirectoryError):
        return True
    return not seal_of(name)


def unfinished() -> list[str]:
    """Builds that began and were never sealed, ended or not, of which something may be there."""
    ledger = Ledger()
    left = set(ledger.begun) & set(present()) - set(ledger.order)
    return [name for name in sorted(left | set(ledger.open)) if NAME.fullmatch(name)]


def names(found: list[str]) -> None:
    sys.stdout.write("".join(name + "\0" for name in found))


def target() -> int:
    found = Ledger().previous()
    print(found)
    return 0 if found else 1


WORDS: dict[str, Callable[..., int | None]] = {
    "record": lambda event, *fields: record(event, list(fields)),
    "settle": settle,
    "seal": lambda *fields: seal(list(fields)),
    "describe": describe,
    "state": lambda: emit("fact", "state", json.dumps(state(), ensure_ascii=False)),
    "history": lambda: emit("fact", "history", json.dumps(list(entries()), ensure_ascii=False)),
    "live": lambda: print(live()),
    "next": lambda: print(state()["next"]),
    "target": target,
    "order": lambda: names(Ledger().order),
    "sealed": lambda name: 0 if seal_of(name) else UNSEALED if unsealed(name) else 1,
    "exchanged": lambda: 0 if Ledger().exchanged else 1,
    "unfinished": lambda: names(unfinished()),
    "size": tell_size,
}

try:
    sys.exit(WORDS[sys.argv[1]](*sys.argv[2:]))
except OSError as problem:
    place = problem.filename or HISTORY
    emit("fail", "%s cannot be read or written: %s" % (place, problem.strerror), "look at it on the host: ls -l " + place)
    sys.exit(1)
