"""Variables that no program of ours is started with."""

from __future__ import annotations

NOT_PASSED_ON = (
    *("SSH_CLIENT", "SSH2_CLIENT", "BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS"),  # a shell would read start-up files
    *("POSIXLY_CORRECT", "TMOUT", "CDPATH", "GLOBIGNORE"),  # ... or read its text in another way
)
