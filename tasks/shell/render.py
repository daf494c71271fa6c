"""A phase as the text of one bash program: the only place where a value becomes shell.

The program is the functions that the phase needs, from lib/, then `main`, called on the last line: a program that arrives
cut short does nothing. Values reach bash only as quoted words.
"""

import re
import shlex
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from tasks.errors import UsageError
from tasks.phases.step import Phase
from tasks.shell.needed import needed
from tasks.shell.run import Run
from tasks.shell.shorter import shorter

LIMIT = 65536
"""Bytes of a program. One argument of a command ends at 131,071 (Linux MAX_ARG_STRLEN), and quoting makes it longer."""

BASH = ("bash", "--norc", "--noprofile", "-p", "-c")
"""What a program is started with."""

_LIB = Path(__file__).parent / "lib"
_FUNCTION = re.compile(r"^([a-z_]+)\(\) \{", re.MULTILINE)
_NEEDS = re.compile(r"^# needs: (.+)$", re.MULTILINE)
_REMARK = re.compile(r"""[ \t]+# [^'"`$\\]*$""")
_INDENT = re.compile("^(?: {4})+")
_OURS = re.compile(r"^from (?:__future__|tasks\.shell\.lib\.[\w.]+) import (?:\([^)]*\)|.*)\n", re.MULTILINE)
_FUTURE = "from __future__ import annotations\n"
_PYTHON = {
    "ledger_py": ("wire", "history", "ledger", "ledger_main"),
    "commands_py": ("wire", "mask", "build_log", "commands"),
    "health_py": ("wire", "health"),
    "exchange_py": ("wire", "exchange"),
    "files_py": ("wire", "tree", "clone", "assets", "pool_files", "pool_users", "writable", "dotenv", "runtime", "files"),
    "versions_py": ("wire", "check_lines", "ranges", "check_versions"),
    "web_py": ("wire", "check_lines", "nginx", "access", "pool_files", "php_fpm", "web", "check_web"),
    "running_py": (
        "wire",
        "check_lines",
        "service_files",
        "service_lines",
        "service_trust",
        "service_workers",
        "check_services",
    ),
    "prune_py": ("wire", "history", "ledger", "prunable"),
    "in_use_py": ("wire", "processes", "in_use"),
    "give_py": ("give",),
    "said_py": ("wire", "mask", "said"),
    "services_py": ("wire", "pools", "pool_files", "processes", "units", "fpm", "proof", "services"),
}
_PHP = {"probe_php": "probe.php"}


def program(phase: Phase, run: Run) -> str:
    """The text that is sent to a host for this phase.

    Raises UsageError when hosts.yml makes it longer than LIMIT, naming the step with the most text.
    """
    body = [f"    step {words((step.name, *step.words))} &&" for step in phase.steps]
    text = "\n".join(
        [
            *(f"{key}={shlex.quote(value)}" for key, value in run.values(phase.name).items()),
            *_library(phase),
            "main() {",
            *body,
            "    emit ended",
            "}",
            *(words(setting) for setting in phase.settings),
            f"{phase.runner} main",
            "",
        ]
    )
    _measure(text, phase)
    return text


def command(phase: Phase, run: Run) -> str:
    """The program as one command line: one quoted argument of bash, for a login shell that quotes as POSIX says.

    With -p, bash takes over neither functions nor options nor BASH_ENV from the environment of the login; without --norc it
    would read ~/.bashrc where SSH_CLIENT is set.
    """
    return words((*BASH, program(phase, run)))


def words(values: Iterable[str]) -> str:
    """Values as shell words, each quoted so that bash reads exactly what was given."""
    return " ".join(shlex.quote(value) for value in values)


def _measure(text: str, phase: Phase) -> None:
    size = len(text.encode())
    if size <= LIMIT and len(shlex.quote(text).encode()) < 2 * LIMIT - 16:
        return
    key, most = max(phase.sizes().items(), key=lambda item: item[1])
    raise UsageError(
        f"the {phase.name} program is {size:,} bytes long, and {LIMIT:,} is the most; {key} takes {most:,} of them",
        state="Nothing was sent to any host.",
        next=f"put what {key} does into a script in the repository, and name that in hosts.yml",
    )


def _library(phase: Phase) -> Iterable[str]:
    """The files of lib/ with the functions that the phase calls, and those that they need."""
    called = {
        "step",
        "emit",
        phase.runner,
        *(setting[0] for setting in phase.settings),
        *(step.words[0] for step in phase.steps),
    }
    names = {"base", *(_defined_in()[function] for function in called)}
    while more := {need for name in names for need in _needs(name)} - names:
        names |= more
    shell = needed((_source(f"{name}.sh") for name in sorted(names)), called)
    for function, parts in _PYTHON.items():
        if any(function in text for text in shell):
            yield _embedded(function, parts)
    for function, name in _PHP.items():
        if any(function in text for text in shell):
            yield f"{function}() {{\n    cat <<'END_OF_PHP'\n{_source(name)}\nEND_OF_PHP\n}}"
    yield from shell


def _embedded(function: str, parts: tuple[str, ...]) -> str:
    source = "\n".join(_source(f"{part}.py") for part in parts)
    joined = _OURS.sub("", source)
    return f"{function}() {{\n    ${{EXEC-}} python3 -I - \"$@\" <<'END_OF_PYTHON'\n{_FUTURE}{joined}\nEND_OF_PYTHON\n}}"


@cache
def _source(name: str) -> str:
    """A file of lib/ without what is for who reads the file: comments, and Python's docstrings."""
    text = _files()[name].read_text(encoding="utf-8")
    if name.endswith(".py"):
        return shorter(text)
    lines = (_bare(line) for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    return "\n".join(_INDENT.sub(lambda found: "\t" * (len(found[0]) // 4), line) for line in lines)


def _bare(line: str) -> str:
    """A line of bash without the comment at its end, where that is surely no part of a quoted word."""
    code = _REMARK.sub("", line)
    return line if code.count("'") % 2 or code.count('"') % 2 else code


@cache
def _needs(name: str) -> tuple[str, ...]:
    found = _NEEDS.search(_files()[f"{name}.sh"].read_text(encoding="utf-8"))
    return tuple(found[1].split()) if found else ()


@cache
def _defined_in() -> dict[str, str]:
    return {
        function: path.stem
        for name, path in sorted(_files().items())
        if name.endswith(".sh")
        for function in _FUNCTION.findall(path.read_text(encoding="utf-8"))
    }


@cache
def _files() -> dict[str, Path]:
    """Every file of lib/ and its folders; a name stands for one file, wherever it lies."""
    return {path.name: path for path in _LIB.rglob("*.*") if path.suffix in (".sh", ".py", ".php")}
