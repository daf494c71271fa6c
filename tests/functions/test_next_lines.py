"""A `next:` line can be pasted into a shell as it stands: every text that becomes one, and hostile names in them."""

import ast
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks import errors
from tasks.host import adopt, ready
from tasks.host.build import links
from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.view.words import clean
from tests.functions.made import Made

TASKS = Path(errors.__file__).parent
RAISED = {"Failed", *(name for name in vars(errors) if isinstance(getattr(errors, name), type))}
CONSTANTS = {"NEXT", "SHOWN", "CHOOSE"}
PROGRAMS = """
apt-get cd chage chown cp df diff dmesg fab findmnt fuser getent git journalctl ls mkdir mount mv namei pip ps ssh-keygen
setfacl ssh-keyscan supervisorctl systemctl tail usermod visudo ln ssh
"""
RETURNED = {"refusal", "_advice", "_accept", "_renew", "opening"}
"""Functions that return such a text, alone or second."""
PLAIN = dict.fromkeys(["release_user", "NEW", "mine", "kept", "there", "here"], "X")
MADE = {"ssh": "ssh", "forget": "ssh-keygen", "line": "fab", "made": "mkdir X && ", "sudo": "sudo "}
"""Names that are quoted where they are made, or are a word by a pattern of hosts.yml; and commands that are made elsewhere."""
RAW = "'RAW"  # what no shell reads as a word


def texts() -> Iterator[tuple[str, str]]:
    """Each text that may become a `next:` line, with its place; what is not written there stands as a word."""
    for path in sorted(TASKS.rglob("*.py")):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            for found in _nexts(node):
                for text in _written(found):
                    yield f"{path.relative_to(TASKS)}:{found.lineno}", text


def _nexts(node: ast.AST) -> Iterator[ast.expr]:
    """What is given as `next` to an error or to a Failed, is assigned to such a name, or is returned for it."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        yield from (each.value for each in node.keywords if each.arg == "next")
        yield from node.args[1:2] if name in RAISED else node.args[2:3] if name == "_refusal" else ()
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        yield from [node.value] if node.targets[0].id in {"next", *CONSTANTS} else []
        yield from (pair.elts[1] for pair in getattr(node.value, "elts", []) if node.targets[0].id == "ADVICE")
    elif isinstance(node, ast.FunctionDef) and node.name in RETURNED:
        values = (each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value)
        yield from (value.elts[1] if isinstance(value, ast.Tuple) else value for value in values)


def _written(node: ast.expr) -> list[str]:
    """The texts that an expression may have; none of one that is made elsewhere."""
    match node:
        case ast.Constant(value=str(text)):
            return [text] if text else []
        case ast.JoinedStr(values=parts):
            return ["".join(_part(part) for part in parts)]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [a + b for a in _written(left) for b in _written(right)]
        case ast.IfExp(body=body, orelse=other):
            return _written(body) + _written(other)
        case ast.BoolOp(values=values):
            return [text for value in values for text in _written(value)]
        case ast.Call(func=ast.Name(id="typed"), args=[ast.Constant(value=str(program)), *_]):
            return [f"{program} X"]
        case ast.Call() if _is_a_command(node):
            return ["fab -H X VERB"]
    return []


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    value = part.value
    name = getattr(value, "attr", getattr(value, "id", ""))
    if _is_a_command(value):
        return "fab -H X VERB"
    return "X" if re.search("quoted|typed", ast.unparse(value)) else {**PLAIN, **MADE}.get(name, RAW)


def _is_a_command(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "hint"


def complaint(text: str) -> str:
    """Why this is no line to paste; "" for one that is."""
    command = re.split(r"(?:^| )# ", text)[0]
    if RAW in command:
        return "a name without quotes"
    if subprocess.run(["bash", "-n", "-c", text], capture_output=True, check=False).returncode:
        return "bash cannot read it"
    words = [part.split() for part in re.split(r"&&|[;|]", command) if part.strip()]
    first = [next(word for word in each if word != "sudo" and "=" not in word) for each in words]
    return (
        f"{first} are no programs"
        if set(first) - set(PROGRAMS.split())
        else ""
        if words or text.startswith("# ")
        else "nothing"
    )


def test_every_text_that_becomes_a_next_line_can_be_pasted() -> None:
    found = list(texts())
    assert len(found) > 100
    assert {place: (text, why) for place, text in found if (why := complaint(text))} == {}


@pytest.mark.parametrize(
    "text", ["correct hosts.yml", "ls -l 'a", "on the host: ls", f"ls {RAW}", "ls; look at it", "", "#", "put it (there)"]
)
def test_what_is_no_line_to_paste_is_noticed(text: str) -> None:
    assert complaint(text)


NAMES = [
    "a b",
    "it's",
    "$(touch x)",
    "`touch x`",
    "a;b",
    "a#b",
    "# b",
    '"',
    "\\",
    "ä",
    "*",
    "~",
    "-x",
    "",
    "a\nb",
    "k\u00a0h",
    "it's\u202e\\",
    "\udcff",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_one_word_of_its_command(name: str) -> None:
    assert words(f"printf '%s\\0' {quoted(name)}") == [name]
    command = Made(site={"environment": name}).hint("release", "--name", name)
    assert clean(command) == command
    assert words(command.replace("fab", "printf '%s\\0'", 1)) == ["-H", name, "release", "--name", name]


def words(line: str) -> list[str]:
    """The words that bash makes of a line, which prints them."""
    printed = subprocess.run(["bash", "-c", clean(line)], capture_output=True, check=True).stdout
    return os.fsdecode(printed).split("\0")[:-1]


def _missing(run: Made, place: Path) -> None:
    links.check_one(run, "media", str(place), "")


def _misplaced(_: Made, place: Path) -> None:
    raise ready.misplaced(str(place), "is not a directory")


def _adopted(run: Made, place: Path) -> None:
    place.mkdir()
    (place / "link").symlink_to("../elsewhere")
    run.releases = str(place.parent)
    adopt._refuse(run, str(place))


@pytest.mark.parametrize("act", [_missing, _misplaced, _adopted])
@pytest.mark.parametrize("name", [name for name in NAMES if name])
def test_a_path_with_a_hostile_name_is_one_word_too(act: Callable[[Any, Path], None], name: str, tmp_path: Path) -> None:
    place = tmp_path / name
    with pytest.raises(Failed) as failed:
        act(Made(), place)
    line = clean(failed.value.next)  # as it is printed
    assert subprocess.run(["bash", "-n", "-c", line], check=False).returncode == 0
    assert str(place) in words(f"printf '%s\\0' {line.lstrip('# ')}")[-1]
