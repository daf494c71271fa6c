"""The modules of the host program as what travels: those that a phase's functions need, found from the imports, compressed."""

import hashlib
import json
import zlib
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path

from tasks.config.cache import files, kept

HOST = Path(__file__).parents[1] / "host"
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

    def read() -> bytes:
        from tasks.remote import modules  # with ast, which no run needs while this is kept

        return json.dumps(modules.read(HOST, ALWAYS)).encode()

    found: dict[str, tuple[str, list[str]]] = json.loads(kept("modules", digest(), read))
    return found


@cache
def _imported() -> dict[str, list[str]]:
    """What each imports, without the texts: a host that has kept the program is sent none."""

    def read() -> bytes:
        return json.dumps({module: imports for module, (_, imports) in _modules().items()}).encode()

    found: dict[str, list[str]] = json.loads(kept("imports", digest(), read))
    return found
