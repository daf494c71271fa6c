"""A login that did not start the host program: what it printed, and what to do about it."""

import re
from collections.abc import Sequence

from tasks.errors import NotReleased, Unreachable, typed

START_UP_FILES = "~/.bashrc, ~/.bash_profile, ~/.profile, ~/.zshenv, ~/.config/fish/config.fish, ~/.tcshrc"
OF_SSHD = 254
"""sshd's own exit code for a login that it ends: /etc/nologin, or a session that PAM refuses."""

ADVICE = (
    (
        r"password (has |is |must |change )?.*(expired|required|changed)|Password change required",
        "sudo chage -l {user} # on the host; the password of {user} has expired: sudo passwd {user}",
    ),
    (
        r"account has expired|account .* expired",
        "sudo chage -l {user} # on the host; the account of {user} has expired: sudo chage -E -1 {user}",
    ),
    (
        r"git-shell|Interactive git shell|unrecognized command",
        "getent passwd {user} # on the host; its shell takes commands of git alone: give it another, or another user",
    ),
    (
        r"currently not available|nologin|no shell",
        "getent passwd {user} # on the host; its shell lets nobody in: give it another, or another user",
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
            return advice.format(user=typed(user))
    if code == OF_SSHD:
        return "sudo journalctl -u ssh # on the host; sshd or PAM has ended the login: /etc/nologin, /etc/security"
    return (
        f"getent passwd {typed(user)} # on the host: look at what this login starts, the shell itself, its start-up files"
        f" ({START_UP_FILES}), command= in ~/.ssh/authorized_keys, ForceCommand in sshd_config"
    )
