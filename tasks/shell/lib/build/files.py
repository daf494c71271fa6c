"""The words that bash says about the files of a release."""

from __future__ import annotations

import sys
from typing import Any, Callable, Dict, Tuple

from tasks.shell.lib.build.assets import carry
from tasks.shell.lib.build.dotenv import unset
from tasks.shell.lib.build.runtime import runtime
from tasks.shell.lib.build.writable import writable
from tasks.shell.lib.wire import emit

FAILED = 3
WORDS: Dict[str, Tuple[Callable[..., Any], str, str]] = {
    "unset": (unset, "%s: %s", "%s"),
    "runtime": (runtime, "runtime file: %s: %s", "on the host: namei -l %s; df -h; df -i"),
    "carry": (carry, "%s could not be carried: %s", "on the host: ls -ld %s; df -h; df -i"),
    "writable": (
        writable,
        "%s cannot be made writable for the pool user of php-fpm: %s",
        "on the host: ls -ld %s; the release user must own it, and its filesystem must have ACLs",
    ),
}

word, what, next = WORDS[sys.argv[1]]
try:
    word(*sys.argv[2:])
except OSError as problem:
    emit("fail", what % (problem.filename, problem.strerror), next % problem.filename)
    sys.exit(FAILED)
