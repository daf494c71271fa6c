"""Of the shell functions that could travel, those that a program may come to call: one has room for 64 KB."""

import re
from collections.abc import Iterable, Iterator

_BEGINS = re.compile(r"^([a-z_]+)\(\) ")
_WORD = re.compile(r"[a-z_]+")


def needed(texts: Iterable[str], called: set[str]) -> list[str]:
    """The texts without the functions whose name is neither `called`, nor outside of functions, nor in one that stays."""
    parts = [list(_parts(text)) for text in texts]
    named = called | {word for part in parts for name, text in part if not name for word in _WORD.findall(text)}
    waiting = {name: text for part in parts for name, text in part if name}
    while found := named & set(waiting):
        named |= {word for name in found for word in _WORD.findall(waiting.pop(name))}
    return ["\n".join(text for name, text in part if name not in waiting) for part in parts]


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """A text in order: each function with its name, and the lines outside of functions without one."""
    lines = iter(text.splitlines())
    for line in lines:
        begins = _BEGINS.match(line)
        body = [line]
        if begins and line.endswith(("() {", "() (")):
            for more in lines:
                body.append(more)
                if more.startswith(("}", ")")):
                    break
        yield (begins[1] if begins else ""), "\n".join(body)
