"""Keys that a committed .env leaves without a value, and that nothing beside it sets either."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping

SETTING = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=((?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])*)([^\n]*)""", re.M | re.S
)
COMMENT = re.compile(r"^[ \t]*#[^\n]*|^[ \t]*export[ \t][\w \t]*$", re.M)
STANDS_FOR_ALL = {".env", ".env.local.php"}


class Committed:
    """What a commit has in one directory: its .env, the .env of the environment, and the paths of its vault of secrets."""

    def __init__(self, env: bytes, more: bytes, vault: Collection[str]) -> None:
        self.env, self.more, self.vault = text(env), text(more), vault


def text(data: bytes) -> str:
    """The text of a file of settings."""
    return data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")


def keys(settings: str) -> dict[str, bool]:
    """Each key, and whether it has a value; what may be read either way counts as a value."""
    found = SETTING.findall(settings)
    return {key: value not in ("", "''", '""') or not re.match(r"\s*(#|$)", rest) for key, value, rest in found}


def is_dotenv(name: str, settings: str) -> bool:
    """Is it KEY=VALUE, comments and nothing else? A token in base64 may end like KEY=: there, the file's name decides."""
    named = os.path.basename(name).startswith(".env")
    values = "".join(value.strip("=") for _, value, _ in SETTING.findall(settings))
    return bool((named or values) and keys(settings)) and not COMMENT.sub("", SETTING.sub("", settings)).strip()


def unset(committed: Committed, known: Collection[str], beside: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The keys that must be set by hand, and the runtime files beside this .env that could do it; `beside`: texts by name.

    A key needs no value where hosts.yml's `env` has it (`known`), where the .env of the environment gives one, or where there
    is a secret of its name. Without KEY=VALUE runtime files in this directory, where it is configured otherwise, nothing is
    asked for; nor where one of them replaces .env, or .env.local.php stands in for all.
    """
    files = {name: settings for name, settings in beside.items() if is_dotenv(name, settings)}
    given = set(known).union(*map(keys, files.values())) | {key for key, value in keys(committed.more).items() if value}
    missing = [
        key
        for key, value in keys(committed.env).items()
        if not (value or key in given or any(f".{key}." in path for path in committed.vault))
    ]
    asked = missing and files and not STANDS_FOR_ALL & set(map(os.path.basename, beside))
    return (missing, list(files)) if asked else ([], [])
