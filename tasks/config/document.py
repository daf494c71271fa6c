"""YAML to plain values: text, whole numbers, true and false, nothing, lists, and mappings with text for keys.

PyYAML's own loader forgets which keys were given twice, loses the last digit of 8.10, follows an alias into itself, and takes
`no` for false and 22:30 for 1350. So only its parser is used, and the values are made here.
"""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NoReturn

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tasks.config.mistakes import AS_TEXT, HALF, Mistake, Where, kind
from tasks.config.words import shown

MOST_VALUES = 100_000
TOO_MANY = f"holds more than {MOST_VALUES} values when its aliases are followed"
TAG = "tag:yaml.org,2002:"
SCALARS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "null": (r"|~|null|Null|NULL", lambda _: None),
    "bool": (r"true|True|TRUE|false|False|FALSE", lambda text: text.lower() == "true"),
    "int": (r"[-+]?(0|[1-9][0-9]{0,17})", int),
    "float": (r"[-+]?[0-9]+\.[0-9]*", Decimal),
    "merge": (r"<<", str),
    "str": (r"[\s\S]*", str),
}


class Unreadable(Exception):
    """The text is not YAML, or not of the kind that hosts.yml is written in."""


class Parser(yaml.SafeLoader):
    """SafeLoader's parser, with the few plain scalars that YAML 1.1 and 1.2 read alike."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own, emptied


for _name, (_pattern, _) in SCALARS.items():
    Parser.add_implicit_resolver(TAG + _name, re.compile(rf"(?:{_pattern})\Z"), None)


def read(content: bytes) -> tuple[Any, list[Mistake]]:
    """The value that a file holds, and what is wrong with its keys and texts; Unreadable where nothing can be made of it."""
    try:
        text = content.decode("utf-8-sig")
        root = yaml.compose(text, Parser)
        values = Values()
        value = values.of(root) if root else None
        if weight(value, {}) > MOST_VALUES:
            raise Unreadable(TOO_MANY)
        return value, values.mistakes
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        wide = " but UTF-16: save it as UTF-8" if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else ""
        raise Unreadable(f"line {line}: not UTF-8 text (byte 0x{content[error.start]:02x}){wide}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Unreadable(f"line {line}: holds the control character U+{error.character:04X}") from None
    except yaml.MarkedYAMLError as error:
        raise Unreadable(f"{_position(error.problem_mark or error.context_mark)}: {_problem(error)}") from None
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    except (ValueError, OverflowError):
        raise Unreadable("an escape such as \\Uffffffff stands for no character") from None


def _position(mark: Any) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}"


def _problem(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "not YAML"
    if "'\\t'" in problem:
        return "a tab, where YAML takes only spaces"
    if "another document" in problem:
        return "a second document begins: hosts.yml is one (remove the line ---)"
    line = problem + (f" ({error.context})" if error.context else "")
    return line if len(line) <= 200 else line[:200] + "..."


def _fail(node: Node, sentence: str) -> NoReturn:
    raise Unreadable(f"{_position(node.start_mark)}: {sentence}")


def weight(value: Any, known: dict[int, int]) -> int:
    """How many values that is with every alias followed. Each is counted once, so that no alias can make this slow."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        inside = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(weight(each, known) for each in inside)
    return known[id(value)]


class Values:
    """Makes each node's value once, however often aliases name it, and collects what is wrong on the way."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self._made: dict[int, Any] = {}
        self._open: set[int] = set()
        self._merged = 0

    def of(self, node: Node, where: Where = ()) -> Any:
        """The value of a node that stands at this place."""
        if id(node) in self._open:
            _fail(node, "an alias names a value that it stands in itself")
        if id(node) not in self._made:
            self._open.add(id(node))
            self._made[id(node)] = self._make(node, where)
            self._open.remove(id(node))
        return self._made[id(node)]

    def _make(self, node: Node, where: Where) -> Any:
        if isinstance(node, MappingNode) and node.tag == f"{TAG}map":
            return self._mapping(node, where)
        if isinstance(node, SequenceNode) and node.tag == f"{TAG}seq":
            return [self.of(item, (*where, index)) for index, item in enumerate(node.value)]
        pattern, meaning = SCALARS.get(node.tag.removeprefix(TAG), ("(?!)", str))
        if isinstance(node, ScalarNode) and re.fullmatch(pattern, node.value):
            value = meaning(node.value)
            return self._text(value, where) if isinstance(value, str) else value
        _fail(node, f"the tag {shown(node.tag.replace(TAG, '!!'))} is not read here: leave it out")

    def _text(self, text: str, where: Where) -> str:
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self.mistakes.append(Mistake(where, HALF))
            return text

    def _mapping(self, node: MappingNode, where: Where) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.tag == f"{TAG}merge":
                merged = self._merge(value_node, where) | merged
                continue
            key = self.of(key_node, where)
            if not isinstance(key, str):
                self.mistakes.append(Mistake(where, f"the key in line {line} is {kind(key)}: {AS_TEXT}"))
                continue
            if key in own:
                twice = f"given twice, in lines {lines[key]} and {line}: keep one"
                self.mistakes.append(Mistake((*where, key), twice))
            own[key], lines[key] = self.of(value_node, (*where, key)), line
        return merged | own

    def _merge(self, node: Node, where: Where) -> dict[str, Any]:
        """What `<<: *name` or `<<: [*name, *other]` brings in; the first of several wins, as YAML has it."""
        nodes = node.value if isinstance(node, SequenceNode) else [node]
        merged: dict[str, Any] = {}
        for each in reversed({id(each): each for each in nodes}.values()):
            mapping = self.of(each, where)
            if not isinstance(mapping, dict):
                _fail(each, f"<< takes a mapping, or a list of mappings, found {kind(mapping)}")
            merged |= mapping
            self._merged += len(mapping)
            if self._merged > MOST_VALUES:
                _fail(each, TOO_MANY)
        return merged
