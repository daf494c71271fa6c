"""Exchange two names in one step: renameat2(2) with RENAME_EXCHANGE, which mv of coreutils 9.1 does not offer."""

from __future__ import annotations

import ctypes
import os
import sys

RENAME_EXCHANGE = 2
HERE = -100

libc = ctypes.CDLL(None, use_errno=True)
if libc.renameat2(HERE, os.fsencode(sys.argv[1]), HERE, os.fsencode(sys.argv[2]), RENAME_EXCHANGE):
    sys.exit(os.strerror(ctypes.get_errno()))
