"""Which releases are too many, and how they go."""

from __future__ import annotations

import os
import sys
from typing import Set

from tasks.shell.lib.history import RELEASES, STATE, record
from tasks.shell.lib.ledger import Ledger, live
from tasks.shell.lib.wire import emit


def prunable(ledger: Ledger, keep: int, safe: Set[str]) -> list[str]:
    """Beyond the newest `keep`, the newest first: what is not `safe`, and nothing that history does not know."""
    known = set(ledger.order) - safe
    return [name for name in ledger.sealed()[keep:] if name in known]


def say(*words: str) -> None:
    sys.stdout.write("".join(word + "\0" for word in words))


def would_prune(keep: str) -> None:
    """Print what goes once another release is live: the newest of all, with what is live now as its previous."""
    ledger = Ledger()
    say(*prunable(ledger, int(keep) - 1, {live(), ledger.served}))


def prune(keep: str, *used: str) -> None:
    """Rename what is beyond `keep` into the trash, so that none is ever seen half removed, and write it down.

    Never what is live, previous or last served; nor what is `used`: names, each with the process that uses it. Prints what
    cannot be renamed, and why.
    """
    trash, gone = os.path.join(STATE, "trash"), []
    users = dict(zip(used[::2], used[1::2]))
    ledger = Ledger()
    os.makedirs(trash, exist_ok=True)
    for name in prunable(ledger, int(keep), {live(), ledger.previous(), ledger.served}):
        if name in users:
            emit("note", "%s is kept: %s uses it" % (name, users[name]))
            continue
        place = os.path.join(RELEASES, name)
        try:
            if not os.access(place, os.W_OK):
                os.chmod(place, 0o700)  # its ".." is in it, and changes
            os.rename(place, os.path.join(trash, "%s.%s" % (name, os.urandom(4).hex())))
        except OSError as problem:
            say(name, problem.strerror or "")
            continue
        gone.append(name)
        emit("note", "pruned " + name)
    record("pruned", *(["name=" + name] for name in gone))


try:
    {"prune": prune, "would-prune": would_prune}[sys.argv[1]](*sys.argv[2:])
except OSError as problem:
    sys.exit("%s: %s" % (problem.filename or "the ledger", problem.strerror))
