"""The modules of the host program, read from their files: each one's text as it travels, and what it imports."""

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

from tasks.remote.stripping import is_for_types, stripped

PACKAGE = "tasks.host"


def read(host: Path, always: Collection[str]) -> dict[str, tuple[str, list[str]]]:
    """Every module below the directory `host`. Of those that are `always` sent, imports within functions do not count."""
    names = {name(path, host): path for path in host.rglob("*.py")}
    whole = {module: path.read_text(encoding="utf-8") for module, path in names.items()}
    texts = {module: stripped(text, ast.parse(text)) for module, text in whole.items()}
    found = {
        module: (text, sorted(_imports(module, ast.parse(text), names, deep=module not in always)))
        for module, text in texts.items()
    }
    return {"tasks": ("", []), **found}


def name(path: Path, host: Path) -> str:
    """The module that a file of the host program is."""
    words = ("tasks", "host", *path.relative_to(host).with_suffix("").parts)
    return ".".join(words).removesuffix(".__init__")


def _imports(module: str, tree: ast.Module, names: Collection[str], *, deep: bool) -> set[str]:
    """The modules of the host program that this one imports, and its packages. What only a type checker reads is left out."""
    words = module.split(".")
    found = {".".join(words[:count]) for count in range(1, len(words))}
    for node in _executed(tree, deep=deep):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)} & {*names}
    return found


def _executed(node: ast.AST, *, deep: bool) -> Iterator[ast.AST]:
    """`deep`: imports within functions too. Those of the conversation are for kinds of phases, which name them."""
    for child in ast.iter_child_nodes(node):
        if is_for_types(child):
            continue
        if deep or not isinstance(child, ast.FunctionDef):
            yield child
            yield from _executed(child, deep=deep)
