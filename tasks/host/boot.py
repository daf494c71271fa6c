"""The start of the host program: the modules that travelled become importable. Any Python 3 must be able to read this file."""

import marshal
import sys
from _frozen_importlib import ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType
    from typing import Any

OLDEST = (3, 8)
DICTIONARY = 32768  # bytes that zlib looks back


class Packed:
    """Imports modules from their source text. `codes` has what was compiled, as marshal writes it, read when it is imported."""

    def __init__(self, sources: "dict[str, str]", codes: "dict[str, bytes] | None" = None) -> None:
        self.sources, self.codes = sources, codes or {}
        self.grown = False  # whether there is more in it than this host has kept

    def add(self, packed: bytes) -> None:
        """Take in more modules, which were compressed with those that are here as a dictionary."""
        import json
        import zlib

        known = "".join(self.sources[name] for name in sorted(self.sources)).encode()
        text = zlib.decompressobj(zdict=known[-DICTIONARY:]).decompress(packed)
        self.sources.update(json.loads(text))
        self.grown = True

    def find_spec(self, name: str, *_: object) -> "ModuleSpec | None":
        """A spec for a module that has travelled, as importlib asks for it."""
        if name not in self.sources:
            return None
        package = any(other.startswith(name + ".") for other in self.sources)
        return ModuleSpec(name, self, is_package=package)  # type: ignore[arg-type]

    def get_source(self, name: str) -> str:
        """A module's text."""
        return self.sources[name]

    def create_module(self, spec: ModuleSpec) -> None:
        """The usual module object."""

    def exec_module(self, module: "ModuleType") -> None:
        """Run a module's code."""
        exec(self.code(module.__name__), module.__dict__)  # noqa: S102 modules travel as text

    def code(self, name: str) -> "CodeType":
        """A module's code, compiled no more than once on this host."""
        if name not in self.codes:
            self.codes[name] = marshal.dumps(compile(self.sources[name], name, "exec"))
        return marshal.loads(self.codes[name])  # type: ignore[no-any-return]  # noqa: S302 what was compiled here


def converse(sources: "dict[str, str]", codes: "dict[str, bytes] | None" = None) -> None:
    """Serve the workstation. An interpreter that is too old says so in its first line, and ends.

    `codes` are the modules as a run before has compiled them.
    """
    if sys.version_info < OLDEST:
        import hashlib

        word = hashlib.sha256(sys.stdin.buffer.readline()[:-1]).hexdigest()
        print(word, 0, '{"python": "' + ".".join(map(str, sys.version_info[:2])) + '"}')
        return
    packed = Packed(sources, codes)
    packed.grown = codes is None
    sys.meta_path.insert(0, packed)
    from tasks.host.conversation import serve

    serve(packed, sys.stdin.buffer)


def work(payload: "tuple[CodeType, dict[str, str], dict[str, bytes], dict[str, Any]]") -> None:
    """Run a job, in an interpreter of its own."""
    _, sources, codes, request = payload
    sys.meta_path.insert(0, Packed(sources, codes))
    from tasks.host.job_process import main

    main(request)
