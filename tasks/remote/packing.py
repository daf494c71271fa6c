"""The modules of the host program as what travels: those that a phase's functions need, found from the imports, compressed."""

import ast
import hashlib
import json
import zlib
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path

from tasks.config.cache import files, kept
from tasks.remote.stripping import is_for_types, stripped

HOST = Path(__file__).parents[1] / "host"
PACKAGE = "tasks.host"
ALWAYS = ("tasks.host.boot", "tasks.host.conversation")

BOOTSTRAP = (
    "import sys,hashlib as h,zlib as z;b=sys.stdin.buffer.read(int(sys.argv[1]));"
    "h.sha256(b).hexdigest()==sys.argv[2]and exec(z.decompress(b))"
)
"""Runs exactly the bytes that the command line announces. No quote, backslash, ! or $: fish and tcsh read it like bash."""

Sources = dict[str, str]
DICTIONARY = 32768
"""Bytes that zlib looks back."""


def command(program: bytes) -> str:
    """The command line that starts the host program; nothing of the run is in it."""
    return f'exec python3 -I -S -c "{BOOTSTRAP}" {len(program)} {hashlib.sha256(program).hexdigest()}'


def first(functions: Iterable[str]) -> tuple[bytes, list[str]]:
    """What the bootstrap reads from stdin for a conversation that begins with these functions, and the modules in it."""
    modules = sorted(needed([*ALWAYS, *functions]))
    return kept("program", digest() + repr(modules).encode(), lambda: _program(modules)), modules


def more(functions: Iterable[str], present: Collection[str]) -> tuple[bytes, list[str]]:
    """The modules that a later request brings, compressed with what is `present` as a dictionary, and their names."""
    modules = sorted(needed(functions) - set(present))
    if not modules:
        return b"", []
    known = "".join(sources(sorted(present)).values()).encode()[-DICTIONARY:]
    packer = zlib.compressobj(9, zdict=known)
    return packer.compress(json.dumps(sources(modules)).encode()) + packer.flush(), modules


def needed(functions: Iterable[str]) -> set[str]:
    """Every module that these functions (`module:function`) come to import."""
    wanted = {function.partition(":")[0] for function in functions}
    found: set[str] = set()
    while wanted:
        module = wanted.pop()
        if module not in found:
            found.add(module)
            wanted.update(_imported().get(module, []))
    return found


def sources(modules: Iterable[str]) -> Sources:
    """Their texts, as they travel."""
    return {module: _modules()[module][0] for module in modules}


def everything() -> list[str]:
    """The name of every module of the host program."""
    return sorted(_modules())


def _program(modules: list[str]) -> bytes:
    texts = sources(modules)
    return zlib.compress(f"{texts['tasks.host.boot']}\nconverse({texts!r})\n".encode(), 9)


@cache
def digest() -> bytes:
    """A text that changes when any file of the host program, or of what packs it, does."""
    return files(HOST, Path(__file__).parent)


@cache
def _modules() -> dict[str, tuple[str, list[str]]]:
    """Each module's text as it travels, and what it imports."""
    found: dict[str, tuple[str, list[str]]] = json.loads(kept("modules", digest(), _read))
    return found


@cache
def _imported() -> dict[str, list[str]]:
    """What each imports, without the texts: a host that has kept the program is sent none."""

    def read() -> bytes:
        return json.dumps({module: imports for module, (_, imports) in _modules().items()}).encode()

    found: dict[str, list[str]] = json.loads(kept("imports", digest(), read))
    return found


def _read() -> bytes:
    names = {name(path): path for path in HOST.rglob("*.py")}
    whole = {module: path.read_text(encoding="utf-8") for module, path in names.items()}
    texts = {module: stripped(text, ast.parse(text)) for module, text in whole.items()}
    found = {module: (text, sorted(_imports(module, ast.parse(text), names))) for module, text in texts.items()}
    return json.dumps({"tasks": ("", []), **found}).encode()


def name(path: Path) -> str:
    """The module that a file of the host program is."""
    words = ("tasks", "host", *path.relative_to(HOST).with_suffix("").parts)
    return ".".join(words).removesuffix(".__init__")


def _imports(module: str, tree: ast.Module, names: Collection[str]) -> set[str]:
    """The modules of the host program that this one imports, and its packages. What only a type checker reads is left out."""
    words = module.split(".")
    found = {".".join(words[:count]) for count in range(1, len(words))}
    for node in _executed(tree, deep=module not in ALWAYS):
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
