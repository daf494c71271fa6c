"""The units of systemd as `systemctl show` prints them, and the commands that test what they would start."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

UNWANTED = ("-F", "--nodaemonize", "-D", "--daemonize")


def units_in(shown: str) -> list[dict[str, str]]:
    """Each unit's properties by name; of a property with several lines, all of them."""
    found = []
    for block in shown.strip().split("\n\n"):
        unit: dict[str, str] = {}
        for key, _, value in (line.partition("=") for line in block.split("\n")):
            unit[key] = f"{unit[key]}\n{value}" if key in unit else value
        found.append(unit)
    return found


def executable(unit: dict[str, str]) -> list[str]:
    """The words that a unit starts, [] where it starts nothing; systemctl shows them without quotes."""
    found = re.search(r"argv\[\]=(.*?) ; ", unit.get("ExecStart", ""))
    return found[1].split() if found else []


def is_php_fpm(words: list[str]) -> bool:
    """Whether these words start a php-fpm."""
    return bool(words) and os.path.basename(words[0]).startswith("php-fpm")


def php_fpm_config(words: list[str]) -> str:
    """The configuration that a php-fpm is started with; "" where its words name none."""
    found = re.search(r" (?:-y|--fpm-config)[ =]?(\S+)", " ".join(words))
    return found[1] if found else ""


def php_fpm_tests(units: Iterable[dict[str, str]]) -> list[list[str]]:
    """Of the units that are a php-fpm: the command that tests their configuration, and prints it."""
    found = filter(is_php_fpm, map(executable, units))
    return [[*(word for word in words if word not in UNWANTED), "-tt"] for words in found]


def nginx_tests(units: Iterable[dict[str, str]]) -> list[list[str]]:
    """Of the units that are an nginx: the command that tests their configuration."""
    found = [words for words in map(executable, units) if words and os.path.basename(words[0]) == "nginx"]
    named = [[word for flag in ("-c", "-p") if flag in words for word in words[words.index(flag) :][:2]] for words in found]
    return [[words[0], *more, "-t"] for words, more in zip(found, named)]
