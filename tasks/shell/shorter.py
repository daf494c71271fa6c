"""A file of lib/ as it travels: the same Python in fewer bytes, for a program has room for 64 KB."""

import ast
import io
import tokenize
from collections import defaultdict
from collections.abc import Iterator


def shorter(source: str) -> str:
    """Python without docstrings, annotations, empty lines and comments, indented by tabs.

    Its strings stay whole, and so do the annotations in the body of a class, which are its fields.
    """
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    docstrings = {line for node in nodes for line in _docstring(node)}
    strings = {line for node in nodes for line in _string(node)} - docstrings
    return "\n".join(_lines(_bare(source, tree), docstrings, strings))


def _lines(source: list[str], gone: set[int], whole: set[int]) -> Iterator[str]:
    for number, line in enumerate(source, 1):
        text = line.lstrip(" ")
        if number in whole:
            yield line
        elif number not in gone and text and not text.startswith("#"):
            deep, more = divmod(len(line) - len(text), 4)
            yield "\t" * deep + " " * more + text


def _bare(source: str, tree: ast.Module) -> list[str]:
    """The lines without comments, and what annotates a function, its arguments and its variables, where that is on one line."""
    fields = {id(each) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for each in node.body}
    gone = defaultdict[int, list[tuple[int, int]]](list)
    lines = [line.encode() for line in source.splitlines()]
    for node in ast.walk(tree):
        for number, start, end in () if id(node) in fields and isinstance(node, ast.AnnAssign) else _annotation(node, lines):
            gone[number].append((start, end))
    for number, start, end in _comments(source):
        gone[number].append((start, end))
    for number, spans in gone.items():
        for start, end in sorted(spans, reverse=True):
            lines[number - 1] = lines[number - 1][:start] + lines[number - 1][end:]
    return [line.decode() for line in lines]


def _comments(source: str) -> Iterator[tuple[int, int, int]]:
    """The line of each comment, and its bytes from the end of the code before it."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            before = token.line[: token.start[1]].rstrip()
            yield token.start[0], len(before.encode()), len(token.line.rstrip("\n").encode())


def _annotation(node: ast.AST, lines: list[bytes]) -> Iterator[tuple[int, int, int]]:
    """Its line, and the bytes from where to where."""
    match node:
        case ast.arg(annotation=ast.expr() as what):
            number, start = node.lineno, node.col_offset + len(node.arg.encode())
        case ast.AnnAssign(target=ast.expr() as target, annotation=what, value=ast.expr()):
            number, start = target.lineno, target.end_col_offset or 0
        case ast.FunctionDef(returns=ast.expr() as what):
            number, start = what.lineno, lines[what.lineno - 1].rfind(b" ->", 0, what.col_offset)
        case _:
            return
    if what.lineno == what.end_lineno == number:
        yield number, start, what.end_col_offset or start


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
