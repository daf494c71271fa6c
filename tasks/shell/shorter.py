"""A file of lib/ as it travels: the same Python in fewer bytes, for a program has room for 64 KB."""

import ast
from collections.abc import Iterator


def shorter(source: str) -> str:
    """Python without docstrings, empty lines and comments on lines of their own, indented by tabs; its strings stay whole."""
    nodes = list(ast.walk(ast.parse(source)))
    docstrings = {line for node in nodes for line in _docstring(node)}
    strings = {line for node in nodes for line in _string(node)} - docstrings
    return "\n".join(_lines(source, docstrings, strings))


def _lines(source: str, gone: set[int], whole: set[int]) -> Iterator[str]:
    for number, line in enumerate(source.splitlines(), 1):
        text = line.lstrip(" ")
        if number in whole:
            yield line
        elif number not in gone and text and not text.startswith("#"):
            deep, more = divmod(len(line) - len(text), 4)
            yield "\t" * deep + " " * more + text


def _docstring(node: ast.AST) -> range:
    """The lines of a docstring that something follows."""
    match node:
        case ast.Module(body=[first, _, *_]) | ast.FunctionDef(body=[first, _, *_]) | ast.ClassDef(body=[first, _, *_]):
            match first:
                case ast.Expr(value=ast.Constant(value=str())):
                    return range(first.lineno, (first.end_lineno or first.lineno) + 1)
    return range(0)


def _string(node: ast.AST) -> range:
    """The lines that begin within a string."""
    match node:
        case ast.JoinedStr() | ast.Constant(value=str() | bytes()):
            return range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    return range(0)
