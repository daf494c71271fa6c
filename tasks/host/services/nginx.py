"""The configuration of nginx, read from its files: `nginx -T` needs root."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterator

from tasks.host import files

TOKEN = re.compile(r"""\s+|\#[^\n]*|([;{}])|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|((?:\\.|\$\{|[^\s;{\\])+)""", re.DOTALL)
LUA = re.compile(r"_by_lua_block\s*\{")
VARIABLE = re.compile(r"\$\{?(\w+)\}?")
DEEPEST = 16  # includes within includes; nginx itself refuses a file that includes itself


class Directive:
    """A name, its words, and the directives in its braces, None without braces; `file` is where it is written."""

    def __init__(self, name: str, words: list[str], block: list[Directive] | None, file: str) -> None:
        self.name, self.words, self.block, self.file = name, words, block, file

    def named(self, name: str) -> Iterator[Directive]:
        """The directives of this name in its braces."""
        return (each for each in self.block or [] if each.name == name)

    def all(self) -> Iterator[Directive]:
        """Itself, and every directive in its braces and in theirs."""
        yield self
        for each in self.block or []:
            yield from each.all()


class Place:
    """A block, with what it inherits from one around it. `passes`: the php-fpm that gets its requests, "" where none does."""

    def __init__(self, block: Directive, outer: Place | None = None) -> None:
        words = {each.name: each.words for each in block.block or [] if each.block is None and each.words}
        params = {each.words[0]: each.words[1] for each in block.named("fastcgi_param") if len(each.words) > 1}
        chosen = {each.words[0][1:]: each.words[1] for each in block.named("set") if len(each.words) == 2}
        self.params: dict[str, str] = params or (outer.params if outer else {})
        self.variables: dict[str, str] = {**(outer.variables if outer else {}), **chosen}
        root = words.get("alias", words.get("root", [outer.root if outer else ""]))[0]
        self.root: str = expand(root, self.variables)
        self.passes = expand(words.get("fastcgi_pass", [""])[0], self.variables)

    def param(self, name: str) -> str:
        """The value that php-fpm gets under this name, with the configuration's own variables expanded; "" without one."""
        return expand(self.params.get(name, ""), self.variables)


class Server:
    """A server: its name for visitors, its file, its places, itself first, and every path that they name."""

    def __init__(self, directive: Directive, outer: Place) -> None:
        names = [word for each in directive.named("server_name") for word in each.words if word not in ("_", "")]
        names += [" ".join(each.words[:1]) for each in directive.named("listen")]
        self.name, self.file = (names or ["a server without a name"])[0], directive.file
        self.places = list(_places(directive, outer))
        found = ((place.root, place.param("SCRIPT_FILENAME"), place.param("DOCUMENT_ROOT")) for place in self.places)
        self.paths = [path for paths in found for path in paths]


def _places(block: Directive, outer: Place) -> Iterator[Place]:
    here = Place(block, outer)
    yield here
    for each in block.block or []:
        if each.block is not None:
            yield from _places(each, here)


def expand(text: str, variables: dict[str, str]) -> str:
    """A text with its variables replaced by their values; those of nginx itself stay."""
    for _ in range(4):
        text = VARIABLE.sub(lambda found: variables.get(found[1], found[0]), text)
    return text


def parse(text: str, file: str, included: Callable[[str], list[Directive]] = lambda _: []) -> list[Directive]:
    """The directives of a text, with those that its includes stand for. What nginx would refuse is read as far as it goes."""
    top: list[Directive] = []
    stack, words = [top], []
    for token in TOKEN.finditer(without_lua(text)):
        sign, *quoted = token.groups()
        if sign is None:
            words += [re.sub(r"\\(.)", r"\1", word) for word in quoted if word is not None]
            continue
        if words[:1] == ["include"] and words[1:] and sign == ";":
            stack[-1] += included(words[1])
        elif words and sign != "}":
            inner: list[Directive] | None = [] if sign == "{" else None
            stack[-1].append(Directive(words[0], words[1:], inner, file))
            stack += [inner] if inner is not None else []
        elif sign == "{":
            stack.append([])
        elif sign == "}" and len(stack) > 1:
            stack.pop()
        words = []
    return top


def without_lua(text: str) -> str:
    """The text without blocks of Lua, which has braces and semicolons of its own."""
    while found := LUA.search(text):
        depth, at = 1, found.end()
        while at < len(text) and depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
        text = text[: found.start()] + ";" + text[at:]
    return text


class Configuration:
    """A main file with all that it includes. `unread` are files that this user may not read, `sources` all, and patterns."""

    def __init__(self, path: str) -> None:
        self.folder = os.path.dirname(path)
        self.unread: list[str] = []
        self.sources: list[str] = []
        self.tree = Directive("", [], self.read(glob.escape(path), 0), path)

    def read(self, pattern: str, depth: int) -> list[Directive]:
        """The directives of the files of a pattern, below the folder of the main one."""
        found: list[Directive] = []
        paths = sorted(glob.glob(os.path.join(self.folder, pattern))) if depth <= DEEPEST else []
        self.sources += [os.path.join(self.folder, pattern), *paths]
        for path in paths:
            try:
                text = files.read(path).decode("utf-8", "surrogateescape")
                found += parse(text, path, lambda pattern: self.read(pattern, depth + 1))
            except OSError:
                self.unread.append(path)
        return found

    def user(self) -> list[str]:
        """The workers' user, and their group if one is named; nothing where nginx was built with its user."""
        return next((each.words for each in self.tree.named("user")), [])

    def servers(self) -> list[Server]:
        """Every server of every http block."""
        return [Server(each, Place(http)) for http in self.tree.named("http") for each in http.named("server")]

    def sockets(self, passes: str) -> list[str]:
        """Where a fastcgi_pass leads: itself, or the servers of the upstream that it names."""
        for each in (upstream for http in self.tree.named("http") for upstream in http.named("upstream")):
            if each.words[:1] == [passes]:
                return [server.words[0] for server in each.named("server") if server.words]
        return [passes]
