"""The configuration of nginx, read from its files: `nginx -T` wants root."""

from __future__ import annotations

import glob
import os
import re
from typing import Dict, Iterator, List, NamedTuple, Tuple

TOKEN = re.compile(r"""\s+|\#[^\n]*|([;{}])|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|((?:\\.|\$\{|[^\s;{\\])+)""", re.DOTALL)
SCRIPT = re.compile(r"_by_lua_block\s*\{")
VARIABLE = re.compile(r"\$\{?(\w+)\}?")
DEEPEST = 16  # includes in includes; nginx itself refuses a file that includes itself


class Directive(NamedTuple):
    """A name, its words, and what stands in its braces; `file` is where it is written."""

    name: str
    words: List[str]
    block: List[Directive] | None
    file: str


class Place(NamedTuple):
    """A server or a location, with what it inherits. `passes` is the php-fpm that gets its requests, "" where none does."""

    root: str
    params: Dict[str, str]
    variables: Dict[str, str]
    passes: str

    def inside(self, block: List[Directive]) -> Place:
        """The place that a block in this one is."""
        said = {each.name: each.words for each in block if each.block is None and each.words}
        params = {each.words[0]: each.words[1] for each in named(block, "fastcgi_param") if len(each.words) > 1}
        chosen = {each.words[0][1:]: each.words[1] for each in named(block, "set") if len(each.words) == 2}
        known = {**self.variables, **chosen}
        (root,) = said.get("alias", said.get("root", [self.root]))[:1]
        (passes,) = said.get("fastcgi_pass", [""])[:1]
        return Place(expand(root, known), params or self.params, known, expand(passes, known))

    def param(self, name: str) -> str:
        """What php-fpm is told under this name, variables of the configuration's own put in; "" where it is not."""
        return expand(self.params.get(name, ""), self.variables)


class Server(NamedTuple):
    """A server: what visitors call it, where it is written, and its places, itself first."""

    name: str
    file: str
    places: List[Place]


def expand(text: str, variables: Dict[str, str]) -> str:
    for _ in range(4):
        text = VARIABLE.sub(lambda found: variables.get(found[1], found[0]), text)
    return text


def parse(text: str, file: str) -> List[Directive]:
    """The directives of a text. What nginx would refuse is read as far as it makes sense."""
    top: List[Directive] = []
    stack, words = [top], []
    for token in TOKEN.finditer(without_scripts(text)):
        sign, *quoted = token.groups()
        if sign is None:
            words += [re.sub(r"\\(.)", r"\1", word) for word in quoted if word is not None]
            continue
        if words and sign != "}":
            inner: List[Directive] | None = [] if sign == "{" else None
            stack[-1].append(Directive(words[0], words[1:], inner, file))
            stack += [inner] if inner is not None else []
        elif sign == "{":
            stack.append([])
        elif sign == "}" and len(stack) > 1:
            stack.pop()
        words = []
    return top


def without_scripts(text: str) -> str:
    """Lua has braces and semicolons of its own."""
    found = SCRIPT.search(text)
    while found:
        depth, at = 1, found.end()
        while at < len(text) and depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        text = text[: found.start()] + ";" + text[at:]
        found = SCRIPT.search(text)
    return text


class Configuration:
    """A main file with all that it includes. `unread` are files that this user may not read."""

    def __init__(self, path: str) -> None:
        self.folder = os.path.dirname(path)
        self.unread: List[str] = []
        self.tree = self.read(path, 0)

    def read(self, path: str, depth: int) -> List[Directive]:
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                return self.included(parse(file.read(), path), depth)
        except OSError:
            self.unread.append(path)
            return []

    def included(self, block: List[Directive], depth: int) -> List[Directive]:
        found: List[Directive] = []
        for each in block:
            if each.name == "include" and each.words and depth < DEEPEST:
                for path in sorted(glob.glob(os.path.join(self.folder, each.words[0]))):
                    found += self.read(path, depth + 1)
            else:
                inner = None if each.block is None else self.included(each.block, depth)
                found.append(Directive(each.name, each.words, inner, each.file))
        return found

    def user(self) -> List[str]:
        """The user of the workers, and a group if one is named; nothing where the file leaves it to how nginx was built."""
        return next((each.words for each in named(self.tree, "user")), [])

    def servers(self) -> List[Server]:
        return [
            Server(server_name(each), each.file, list(places(each.block or [], outer)))
            for http, outer in self.https()
            for each in named(http, "server")
        ]

    def https(self) -> Iterator[Tuple[List[Directive], Place]]:
        for each in named(self.tree, "http"):
            yield each.block or [], Place("", {}, {}, "").inside(each.block or [])

    def sockets(self, passes: str) -> List[str]:
        """Where a fastcgi_pass leads: itself, or the servers of the upstream that it names."""
        for http, _ in self.https():
            for each in named(http, "upstream"):
                if each.words[:1] == [passes]:
                    return [server.words[0] for server in named(each.block or [], "server") if server.words]
        return [passes]


def named(block: List[Directive], name: str) -> Iterator[Directive]:
    return (each for each in block if each.name == name)


def places(block: List[Directive], outer: Place) -> Iterator[Place]:
    here = outer.inside(block)
    yield here
    for each in block:
        if each.block is not None:
            yield from places(each.block, here)


def server_name(server: Directive) -> str:
    """The first name that is one, else what it listens to."""
    block = server.block or []
    names = [word for each in named(block, "server_name") for word in each.words if word not in ("_", "")]
    return (names + [" ".join(each.words[:1]) for each in named(block, "listen")] + ["a server without a name"])[0]
