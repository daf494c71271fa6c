"""The Python files that travel as one: what one of them names, no other names again."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from tasks.shell import render

LIB = Path(render.__file__).with_name("lib")


def named(part: str) -> set[str]:
    """What a file defines for all of it; imports of the standard library mean the same in each."""
    found: set[str] = set()
    for node in ast.parse(next(LIB.rglob(f"{part}.py")).read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                found.add(node.name)
            case ast.Assign() | ast.AnnAssign() | ast.For() | ast.With() | ast.If() | ast.Try():
                found |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    return found


@pytest.mark.parametrize("parts", render._PYTHON.values(), ids=render._PYTHON)
def test_no_name_means_two_things_in_one_program(parts: tuple[str, ...]) -> None:
    times = Counter(name for part in parts for name in named(part))
    assert [name for name, count in times.items() if count > 1] == []
