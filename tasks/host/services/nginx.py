"""The configuration of nginx, read from its files: `nginx -T` needs root."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterator
from itertools import islice

from tasks.host import files

TOKEN = re.compile(r"""\s+|\#[^\n]*|([;{}])|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|((?:\\.|\$\{|[^\s;{\\])+)""", re.DOTALL)
LUA = re.compile(r"_by_lua_block\s*\{")
VARIABLE = re.compile(r"\$\{?(\w+)\}?")
HOST = re.compile(r"[\w.-]+\w")
DEEPEST = 16  # includes within includes; nginx itself refuses a file that includes itself
CHOOSING = ("map", "geo", "split_clients")  # blocks of http: their last word is a variable, the last of each line a value
MOST, NESTED = 1000, 8  # values that a text may come to, and variables that are replaced one after the other


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
    """A block, with what it inherits from one around it, each with all the values that its variables may give it.

    `passes`: the php-fpm that get its requests; nothing where none does. `root`: as it is written.
    """

    def __init__(self, block: Directive, outer: Place | None = None) -> None:
        words = {each.name: each.words for each in block.block or [] if each.block is None and each.words}
        params = {each.words[0]: each.words[1] for each in block.named("fastcgi_param") if len(each.words) > 1}
        self.params: dict[str, str] = params or (outer.params if outer else {})
        self.variables: dict[str, list[str]] = {**(outer.variables if outer else {}), **_chosen(block)}
        self.root: str = words.get("alias", words.get("root", [outer.root if outer else ""]))[0]
        self.roots = expand(self.root, self.variables)
        self.passes = [each for word in words.get("fastcgi_pass", [])[:1] for each in expand(word, self.variables) if each]

    def param(self, name: str) -> list[str]:
        """What php-fpm may get under this name; "" without one."""
        return expand(self.params.get(name, ""), self.variables)


def _chosen(block: Directive) -> dict[str, list[str]]:
    """The values that http gives to variables by maps, and a server by `set`, wherever in it: a request may pass there."""
    made: list[tuple[str, str]] = []
    if block.name == "http":
        maps = (each for name in CHOOSING for each in block.named(name) if each.words)
        made = [(each.words[-1], line.words[-1]) for each in maps for line in each.block or [] if line.words]
    elif block.name == "server":
        made = [(each.words[0], each.words[1]) for each in block.all() if each.name == "set" and len(each.words) == 2]
    found: dict[str, list[str]] = {}
    for variable, value in made:
        found.setdefault(variable[1:], []).append(value)
    return found


class Server:
    """A server: its name for visitors, its file, its places, itself first, and every path that they name.

    `hosts`: the names that are no pattern.
    """

    def __init__(self, directive: Directive, outer: Place) -> None:
        names = [word for each in directive.named("server_name") for word in each.words if word not in ("_", "")]
        self.hosts = [name for name in names if HOST.fullmatch(name)]
        names += [" ".join(each.words[:1]) for each in directive.named("listen")]
        self.name, self.file = (names or ["a server without a name"])[0], directive.file
        self.places = list(_places(directive, outer))
        found = ((*place.roots, *place.param("SCRIPT_FILENAME"), *place.param("DOCUMENT_ROOT")) for place in self.places)
        self.paths = [path for paths in found for path in paths]


def _places(block: Directive, outer: Place) -> Iterator[Place]:
    here = Place(block, outer)
    yield here
    for each in block.block or []:
        if each.block is not None:
            yield from _places(each, here)


def expand(text: str, variables: dict[str, list[str]]) -> list[str]:
    """All that a text may come to with its variables replaced by their values; those of nginx itself stay."""
    found = dict.fromkeys(islice(_expanded(text, variables, NESTED), MOST + 1))
    return list(found) if len(found) <= MOST else [text]


def _expanded(text: str, variables: dict[str, list[str]], deepest: int) -> Iterator[str]:
    known = next((found for found in VARIABLE.finditer(text) if found[1] in variables), None)
    if not known or not deepest:
        yield text
        return
    for value in variables[known[1]]:
        yield from _expanded(text[: known.start()] + value + text[known.end() :], variables, deepest - 1)


def may_be(text: str, other: str) -> bool:
    """Whether a text may come to another: a variable that is left in it stands for anything."""
    return bool(re.fullmatch(".*".join(map(re.escape, VARIABLE.split(text)[::2])), other))


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
        """Where a fastcgi_pass may lead: itself, or the servers of the upstream that it names."""
        upstreams = [each for http in self.tree.named("http") for each in http.named("upstream") if each.words]
        named = [each for each in upstreams if may_be(passes, each.words[0])]
        found = [server.words[0] for each in named for server in each.named("server") if server.words]
        return found if passes in [each.words[0] for each in named] else [*found, passes]
