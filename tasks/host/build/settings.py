"""Settings that the commit expects of the host: keys that its .env leaves without a value, and that nothing beside it sets."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence

from tasks.host import files, git
from tasks.host.failure import Failed
from tasks.host.run import Run
from tasks.host.runtime.choice import choose

VAULT = "config/secrets"
SETTING = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=((?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])*)([^\n]*)""", re.M | re.S
)
COMMENT = re.compile(r"^[ \t]*#[^\n]*|^[ \t]*export[ \t][\w \t]*$", re.M)
STANDS_FOR_ALL = {".env", ".env.local.php"}


def check(run: Run, name: str, folders: Sequence[str]) -> None:
    """Each key must be set in a runtime file beside its .env, be it empty. `name`: the value of APP_ENV."""
    paths = [_in(folder, file) for folder in folders for file in (".env", f".env.{name}", VAULT)]
    listed = git.asked(run, git.there(run), "ls-tree", "-r", "-z", run.commit, "--", *paths).output
    rows = (row.partition("\t") for row in listed.decode("utf-8", "surrogateescape").split("\0") if row)
    blobs = {path: about.split()[2] for about, _, path in rows if about.split()[1] == "blob"}
    texts = _texts(run, {path: hash for path, hash in blobs.items() if f"/{VAULT}/" not in f"/{path}"})
    with_env = [folder for folder in folders if _in(folder, ".env") in blobs]
    chosen = choose(run).folders if with_env else {}
    for folder in with_env:
        vault = [path for path in blobs if path.startswith(_in(folder, VAULT) + "/")]
        given = {key for key, value in keys(texts.get(_in(folder, f".env.{name}"), "")).items() if value}
        here = [path for path in chosen if os.path.normpath(os.path.dirname(path) or ".") == os.path.normpath(folder)]
        beside = {path: files.text(os.path.join(chosen[path], path)) for path in here}
        missing, candidates = unset(texts.get(_in(folder, ".env"), ""), given.union(run.env), vault, beside)
        if missing:
            raise Failed(
                f"{folder}/.env of {run.commit[:12]} leaves {', '.join(missing)} without a value,"
                f" and {', '.join(candidates)} in {chosen[candidates[0]]} does not set it",
                "# add a line KEY=VALUE for each there on the host (KEY= where it is to stay empty), then type the same again",
            )


def warn(run: Run, name: str, folders: Sequence[str]) -> None:
    """The same, as a warning of plan."""
    try:
        check(run, name, folders)
    except Failed as failure:
        run.report.warn(f"a release would be refused: {failure.sentence}")


def unset(env: str, given: Collection[str], vault: Collection[str], beside: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The keys of a .env that must be set by hand, and the runtime files beside it that could do it; `beside`: texts by name.

    A key needs no value where it is `given` (by hosts.yml's `env` or the .env of the environment), or where the vault has a
    secret of its name. Without KEY=VALUE runtime files in this directory, where it is configured otherwise, nothing is asked
    for; nor where one of them replaces .env, or .env.local.php stands in for all.
    """
    candidates = [name for name, text in beside.items() if is_dotenv(name, text)]
    known = set(given).union(*(keys(beside[name]) for name in candidates))
    missing = [
        key for key, value in keys(env).items() if not (value or key in known or any(f".{key}." in path for path in vault))
    ]
    asked = missing and candidates and not STANDS_FOR_ALL & set(map(os.path.basename, beside))
    return (missing, candidates) if asked else ([], [])


def keys(settings: str) -> dict[str, bool]:
    """Each key, and whether it has a value; what may be read either way counts as a value."""
    found = SETTING.findall(settings)
    return {key: value not in ("", "''", '""') or not re.match(r"\s*(#|$)", rest) for key, value, rest in found}


def is_dotenv(name: str, settings: str) -> bool:
    """Is it KEY=VALUE, comments and nothing else? A token in base64 may end like KEY=: there, the file's name decides."""
    named = os.path.basename(name).startswith(".env")
    values = "".join(value.strip("=") for _, value, _ in SETTING.findall(settings))
    return bool((named or values) and keys(settings)) and not COMMENT.sub("", SETTING.sub("", settings)).strip()


def _in(folder: str, name: str) -> str:
    return os.path.normpath(f"{folder}/{name}")


def _texts(run: Run, blobs: Mapping[str, str]) -> dict[str, str]:
    """The text of each path of the commit, by the hash of its blob."""
    if not blobs:
        return {}
    given = "".join(f"{hash}\n" for hash in blobs.values()).encode()
    rest = git.asked(run, git.there(run), "cat-file", "--batch", input=given).output
    found = {}
    while rest:
        head, _, rest = rest.partition(b"\n")
        about = head.decode().split(" ")  # hash, type and size, or that it is missing
        if len(about) == 3:
            size = int(about[2])
            found[about[0]], rest = files.decoded(rest[:size]), rest[size + 1 :]
    return {path: found[hash] for path, hash in blobs.items() if hash in found}
