"""Keys that a committed .env leaves without a value, and that nothing beside it sets either."""

from __future__ import annotations

import os
import re
from typing import Dict, List

SETTING = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=((?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])*)([^\n]*)""", re.M | re.S
)
COMMENT = re.compile(r"^[ \t]*#[^\n]*|^[ \t]*export[ \t][\w \t]*$", re.M)


def keys(text: str) -> Dict[str, bool]:
    """Each key, and whether it has a value; what may be read either way counts as a value."""
    return {key: value not in ("", "''", '""') or not re.match(r"\s*(#|$)", rest) for key, value, rest in SETTING.findall(text)}


def text_in(path: str) -> str:
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            return file.read().replace("\r\n", "\n")
    except OSError:
        return ""


def is_dotenv(name: str, text: str) -> bool:
    """Is it KEY=VALUE, comments and nothing else? A token in base64 may end like KEY=, so that says it by its name alone."""
    said = (
        ".env"
        if os.path.basename(name).startswith(".env")
        else "".join(value.strip("=") for _, value, _ in SETTING.findall(text))
    )
    return bool(said and keys(text)) and not COMMENT.sub("", SETTING.sub("", text)).strip()


def unset(folder: str, committed: str, more: str, vault: str, known: str, source: str, *files: str) -> None:
    """Print the keys that must be set by hand, then the runtime files beside this .env that could do it.

    A key needs no value where hosts.yml's `env` has it (`known`), where the .env of the environment (`more`) gives one, or
    where there is a secret of its name (`vault`: paths). Without KEY=VALUE runtime files in this directory, where it is
    configured otherwise, nothing is asked for; nor where one of them replaces .env, or .env.local.php stands in for all.
    """
    beside = [name for name in files if os.path.normpath(os.path.dirname(name) or ".") == os.path.normpath(folder)]
    found = {name: text_in(place) for name in beside for place in [os.path.join(source, name)] if os.path.isfile(place)}
    texts = {name: text for name, text in found.items() if is_dotenv(name, text)}
    given = {key for text in texts.values() for key in keys(text)} | set(known.split())
    given |= {key for key, value in keys(text_in(more)).items() if value}
    secrets = text_in(vault)
    missing: List[str] = [
        key for key, value in keys(text_in(committed)).items() if not (value or key in given or ".%s." % key in secrets)
    ]
    if missing and texts and not {".env", ".env.local.php"} & {os.path.basename(name) for name in beside}:
        print(", ".join(missing))
        print(", ".join(texts))
