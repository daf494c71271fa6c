"""What a host runs is what was written: the same statements on the same lines, without what is for readers."""

import ast

import pytest

from tasks.remote import modules, packing
from tasks.remote.stripping import is_for_types, stripped

FILES = sorted(packing.HOST.rglob("*.py"))
NAMES = [modules.name(path, packing.HOST) for path in FILES]
TRICKY = '''
"""About."""
from collections.abc import Callable, Sequence
from typing import Any

def act(one: int, *more: "str", two: dict[str, int] = {}, **rest: Sequence[Any]) -> "tuple[int, str]":
    """Act."""
    text = """first
    # no comment
        kept as it is
    """
    words: list[str] = (
        [
            "a",  # a comment
            'b "c"',
        ]
    )
    if (one
            and two):
        return one, f"{text}{words[0]!r}"
    return 0, ""

def empty() -> None:
    """Only words."""

class Pair:
    first: int = 1
    def method(self, other: "Pair | None" = None) -> None:
        self.other: "Pair | None" = other  # ü
'''


class Bare(ast.NodeTransformer):
    """What is left of a module when nobody reads it."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self._body(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.body = [each if isinstance(each, ast.AnnAssign) else self.visit(each) for each in node.body]
        return self._without_words(node)

    def visit_Module(self, node: ast.Module) -> ast.AST:
        node.body = [each for each in node.body if not _is_for_readers(each)]
        self._body(node)
        used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} | {"annotations"}
        for each in node.body:
            if isinstance(each, ast.Import | ast.ImportFrom):
                each.names = [name for name in each.names if (name.asname or name.name) in used]
        node.body = [each for each in node.body if not isinstance(each, ast.Import | ast.ImportFrom) or each.names]
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        return node if node.value is None else ast.copy_location(ast.Assign([node.target], node.value), node)

    def _body(self, node: ast.FunctionDef | ast.Module) -> ast.AST:
        self.generic_visit(node)
        return self._without_words(node)

    def _without_words(self, node: ast.FunctionDef | ast.ClassDef | ast.Module) -> ast.AST:
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            node.body = node.body[1:]
        node.body = [each for each in node.body if not isinstance(each, ast.Pass)]
        return node


def _is_for_readers(node: ast.stmt) -> bool:
    return is_for_types(node) or (isinstance(node, ast.ImportFrom) and node.module == "typing")


def statements(text: str) -> list[tuple[str, int]]:
    """What each statement is, and its line."""
    nodes = ast.walk(Bare().visit(ast.parse(text)))
    return [(type(node).__name__, node.lineno) for node in nodes if isinstance(node, ast.stmt)]


@pytest.mark.parametrize("text", [TRICKY, *(path.read_text() for path in FILES)], ids=["tricky", *NAMES])
def test_what_travels_is_the_same_program_on_the_same_lines(text: str) -> None:
    found = stripped(text, ast.parse(text))
    assert ast.dump(Bare().visit(ast.parse(found))) == ast.dump(Bare().visit(ast.parse(text)))
    assert statements(found) == statements(text)


def test_nothing_that_is_for_readers_travels() -> None:
    found = stripped(TRICKY, ast.parse(TRICKY))
    assert [
        word
        for word in ("About", "Act.", "Only words", "a comment", "ü", "int,", "Any", "tuple", "collections")
        if word in found
    ] == []
    assert "# no comment" in found
