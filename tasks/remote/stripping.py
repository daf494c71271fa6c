"""The text of a module of the host program as it travels: what is only for readers is left out."""

import ast

INDENT = 4


def stripped(text: str, tree: ast.Module) -> str:
    """A module without docstrings, comments and types, indented by single spaces. Every line keeps its number."""
    lines = ["", *text.rstrip("\n").split("\n")]
    nodes = list(ast.walk(tree))
    _blank_comments(lines, {line for node in nodes for line in _inner_lines(node)}, nodes)
    for node in nodes:
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False) is not None:
            _blank(lines, node.body)
    for node in tree.body:
        _blank_types(lines, node)
    fields = {id(each) for node in nodes if isinstance(node, ast.ClassDef) for each in node.body}
    for node in nodes:
        if isinstance(node, ast.stmt) and not hasattr(node, "body") and lines[node.lineno] and not _is_text(node):
            _on_one_line(lines, node, typed=id(node) in fields)
    _blank_unused_imports(lines)
    return "\n".join(lines[1:]) + "\n"


def _blank_comments(lines: list[str], inside: set[int], nodes: list[ast.AST]) -> None:
    """`inside`: lines that begin within a text, and stay as they are."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            _without_annotations(lines, node)
    for number, line in enumerate(lines):
        bare = line.lstrip(" ")
        if number not in inside:
            lines[number] = "" if bare.startswith("#") else " " * ((len(line) - len(bare)) // INDENT) + bare


def _without_annotations(lines: list[str], function: ast.FunctionDef) -> None:
    """Without the types of arguments and of the result, each of which is on one line; the last one first."""
    named = function.args
    arguments = [*named.posonlyargs, *named.args, *named.kwonlyargs, named.vararg, named.kwarg]
    found = [(each.lineno, each.col_offset + len(each.arg), each.annotation) for each in arguments if each and each.annotation]
    if function.returns:
        number, end = function.returns.lineno, function.returns.col_offset
        found.append((number, lines[number].rindex(")", 0, end) + 1, function.returns))
    for number, start, annotation in sorted(found, key=lambda each: each[:2], reverse=True):
        line, end = lines[number], annotation.end_col_offset or 0
        if line.isascii() and annotation.end_lineno == number:
            lines[number] = line[:start] + line[end:]


def _on_one_line(lines: list[str], statement: ast.stmt, *, typed: bool) -> None:
    """A statement as Python itself writes it. The types of a class's own fields may mean something, those of values do not."""
    if isinstance(statement, ast.AnnAssign) and statement.value and not typed:
        text = f"{ast.unparse(statement.target)} = {ast.unparse(statement.value)}"
    else:
        text = ast.unparse(statement)
    number, more = statement.lineno, (statement.end_lineno or statement.lineno) - statement.lineno
    if "\n" not in text:
        lines[number : number + more + 1] = [" " * (statement.col_offset // INDENT) + text, *[""] * more]


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _blank_types(lines: list[str], node: ast.stmt) -> None:
    """typing is only for who reads and checks the text: it takes a host 8 ms to import."""
    if (isinstance(node, ast.ImportFrom) and node.module == "typing") or is_for_types(node):
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
            lines[number] = ""


def _blank_unused_imports(lines: list[str]) -> None:
    """What was imported for the types alone."""
    tree = ast.parse("\n".join(lines[1:]))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in tree.body:
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and node.module != "__future__"):
            node.names = [name for name in node.names if (name.asname or name.name.partition(".")[0]) in used]
            lines[node.lineno] = ast.unparse(node) if node.names else ""


def is_for_types(node: ast.AST) -> bool:
    """Whether this is read by type checkers alone."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _blank(lines: list[str], body: list[ast.stmt]) -> None:
    docstring = body[0]
    for number in range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1):
        lines[number] = ""
    if len(body) == 1:
        lines[docstring.lineno] = " " * (docstring.col_offset // INDENT) + "pass"


def _inner_lines(node: ast.AST) -> range:
    """The lines of a text that goes over several, but for its first."""
    if isinstance(node, ast.Constant | ast.JoinedStr):
        return range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    return range(0)
