"""A login that did not start the host program: what it printed, and what to do about it."""

import re
from collections.abc import Sequence

from tasks.errors import NotReleased, Unreachable

START_UP_FILES = "~/.bashrc, ~/.bash_profile, ~/.profile, ~/.zshenv, ~/.config/fish/config.fish, ~/.tcshrc"
OF_SSHD = 254
"""sshd's own exit code for a login that it ends: /etc/nologin, or a session that PAM refuses."""

ADVICE = (
    (
        r"password (has |is |must |change )?.*(expired|required|changed)|Password change required",
        "the password of {user} has expired: sudo chage -l {user} on the host, then sudo passwd {user}",
    ),
    (
        r"account has expired|account .* expired",
        "the account of {user} has expired: sudo chage -l {user} on the host, then sudo chage -E -1 {user}",
    ),
    (
        r"git-shell|Interactive git shell|unrecognized command",
        "the shell of {user} takes commands of git alone: getent passwd {user} on the host; give it another, or another user",
    ),
    (
        r"currently not available|nologin|no shell",
        "the shell of {user} lets nobody in: getent passwd {user} on the host; give it another, or another user",
    ),
)
"""What a login prints that is of no start-up file, and what to do then."""


def no_first_line(user: str, host: str, printed: Sequence[str], code: int | None, seconds: float) -> NotReleased | Unreachable:
    """The error. `code` is that of the login, None where it went on without a word for `seconds`."""
    if code in (126, 127) and any("python3" in line for line in printed):
        return NotReleased(f"{host}: python3 cannot be run there", details=printed, next="sudo apt-get install python3")
    how = f"did not start it within {seconds:g} seconds" if code is None else f"ended with {code} before it began"
    return Unreachable(
        f"the login of {user} on {host} was sent the host program, and {how}",
        details=[f"it printed: {line}" for line in printed] or ["it printed nothing"],
        next=_advice(user, "\n".join(printed), code),
    )


def _advice(user: str, printed: str, code: int | None) -> str:
    for pattern, advice in ADVICE if code else ():
        if re.search(pattern, printed, re.IGNORECASE):
            return advice.format(user=user)
    if code == OF_SSHD:
        return (
            "sshd or PAM has ended the login: /etc/nologin, /etc/security and the log of sshd (journalctl -u ssh) on the host"
        )
    return (
        f"look on the host at what this login starts: start-up files of its shell ({START_UP_FILES}), the shell itself"
        f" (getent passwd {user}), command= in ~/.ssh/authorized_keys, ForceCommand in sshd_config"
    )
