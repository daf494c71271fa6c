"""The files that a command runs, or follows like a program: itself, what an interpreter or a shell is given."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterator, Sequence

SHELL = re.compile(r"(?:ba|da|a|z|k|fi|t?c)?sh|\.|source")
THROUGH = re.compile(
    r"env|exec|nice|ionice|timeout|nohup|setsid|stdbuf|chrt|taskset|xargs|flock|time|busybox|command|builtin|eval|if|then|elif|else"
    r"|while|until|do|!|\[\["
)
"""Words after which a command begins."""
AS_USER = re.compile(r"(sudo|setpriv|start-stop-daemon)|su|runuser|gosu|su-exec|chpst|setuidgid")
"""Programs that run a command as a user, whom an option of the first names, and a word of the others too."""
USER = re.compile(r" (?:-\w*[uc]|--user|--reuid|--chuid)[ =]?([\w.-]+)")
INTERPRETER = re.compile(
    r"(?:php(?:-fpm|-cgi)?|python|pypy|perl|ruby|node|nodejs|bun|deno|npm|npx|yarn|pnpm|java|lua|make|rake|bundle|git|composer|nginx|apache|httpd"
    r"|supervisord|gunicorn|uvicorn|uwsgi|celery|haproxy|caddy|frankenphp|rr)[\d.]*"
)
"""Programs that run, or read as configuration, a file or a directory that is an argument, or else the one they start in."""
TOUCHES = re.compile(r"rm|touch|chown|chgrp|chmod|setfacl|cat|test|\[")
"""Programs that follow nothing of what is in a file."""
LOADS = re.compile(
    r"(?<![\w-])(?:LD_\w+|PATH|ENV|BASH_ENV|PYTHON\w+|PERL5\w+|RUBY\w+|NODE_\w+|CLASSPATH|JAVA_\w+|PHPRC|PHP_INI_SCAN_DIR)"
    r"=[\"']?([^\s\"',;]+)"
)
"""Variables that name what a program loads."""
LOCK = re.compile(r"(\bflock(?: -\S+| [\d.]+)*) [^\s-]\S*")
REDIRECTION = re.compile(r"\d?>+\|?\s*[^\s;&|)]+")
NUMBER = re.compile(r"\d[\d.]*[smhd]?")
SHARED = re.compile(r"(?:/(?:dev|proc)/.*|(?:/var)?/tmp/?|.*\$.*)")
"""Paths that anybody may have among the words of a command."""


def run_by(words: Sequence[str], folder: str = "") -> list[str]:
    """Absolute paths; of a relative one the `folder` that the command starts in too."""
    text = LOCK.sub(r"\1", " ".join(words))
    shell = any(SHELL.fullmatch(os.path.basename(word.strip("'\""))) for word in words)
    found = loaded(text)
    for line in re.split(r"[;&|\n(){}`<]+", REDIRECTION.sub(" ", text)) if shell else [text]:
        led, own, script = _program([word.strip("'\"") for word in line.split()])
        found += [word for word in led if word.startswith("/")]
        if own[:1] == ["cd"]:
            folder = os.path.join(folder, *own[1:2])
        elif own:
            found += _of(own, script, folder)
    return [place for place in dict.fromkeys(found) if place.startswith("/") and not SHARED.fullmatch(place)]


def loaded(text: str) -> list[str]:
    """The paths in variables of a text that name what a program loads."""
    return [place for value in LOADS.findall(text) for place in value.split(":") if place.startswith("/")]


def _program(words: list[str]) -> tuple[list[str], list[str], bool]:
    """What leads to the program of a command; its own words; does a shell read it? Nothing where another user runs it."""
    script = False
    for at, word in enumerate(words):
        name = os.path.basename(word)
        as_user = AS_USER.fullmatch(name)
        if as_user:
            named = [*USER.findall(" ".join(words[at:])), *([] if as_user[1] else words[at + 1 : at + 4])]
            if any(map(_is_another, named)):
                return words[: at + 1], [], False
        elif SHELL.fullmatch(name):
            script = True
        elif word[:1] in ("-", "+", "") or re.match(r"\w+=", word) or NUMBER.fullmatch(word):
            script = script and not re.fullmatch(r"-[a-z]*c", word)
        elif not THROUGH.fullmatch(name):
            return words[:at], words[at:], script
    return words, [], False


def _is_another(user: str) -> bool:
    try:
        return (int(user) if user.isdigit() else pwd.getpwnam(user.split(":")[0]).pw_uid) != 0
    except (KeyError, ValueError):
        return False


def _of(words: list[str], script: bool, folder: str) -> Iterator[str]:
    """Of a simple command that begins with its program."""
    program, name = words[0], os.path.basename(words[0])
    if script or "/" in program:
        yield from _placed(program, folder)
    if TOUCHES.fullmatch(name):
        return
    given = [re.sub(r"^[-@]+[^/.]*", "", word) for word in re.split(r"[\s=:,;\"']+", " ".join(words[1:]))]
    follows = INTERPRETER.fullmatch(name)
    for at, word in enumerate(filter(None, given)):
        place = os.path.join(folder, word)
        if follows and (at == 0 or word.startswith("/") or os.path.lexists(place)):
            yield from _placed(word, folder)
        elif os.path.isfile(place):
            yield place
    if follows and not any(given):
        yield folder


def _placed(word: str, folder: str) -> list[str]:
    place = os.path.join(folder, word)
    return [place] if word.startswith("/") else [folder, *([place] if os.path.lexists(place) else [])]
