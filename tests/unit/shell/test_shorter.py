"""What travels to a host is the Python that stands in lib/: shorter, and the same."""

import ast
from pathlib import Path

import pytest

from tasks.shell import render
from tasks.shell.shorter import shorter

FILES = sorted(Path(render.__file__).with_name("lib").rglob("*.py"))
KEPT = '''\
"""A module."""

TEXT = """
    # four spaces and no comment

  two
"""  # why


class Refused(Exception):
    """Nothing but this."""


class Pair(NamedTuple):
    left: str
    right: int = 0


def both(word: str, *more: Dict[str, int], other: str = "é") -> str:
    """What is not needed.

    # neither is this
    """
    # nor this
    if word:
        return f"""{
            word
        }
        as it is"""
    return (word +
            "")
'''


class Undocumented(ast.NodeTransformer):
    """Takes docstrings away where something else is left, and annotations that are not the fields of a class."""

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) and node.body[1:]:
            del node.body[0]
        if isinstance(node, ast.ClassDef):
            fields = [each for each in node.body if isinstance(each, ast.AnnAssign)]
            node.body = [each for each in node.body if each not in fields]
            assert isinstance(self.generic_visit(node), ast.ClassDef)
            node.body += fields
            return node
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.AnnAssign) and node.value:
            return self.generic_visit(ast.Assign([node.target], node.value))
        return self.generic_visit(node)


def meaning(source: str) -> str:
    return ast.dump(Undocumented().visit(ast.parse(source)))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_of_lib_means_the_same_when_it_is_shorter(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert meaning(shorter(source)) == meaning(source)
    assert len(shorter(source)) < len(source)


def test_strings_stay_whole_and_what_a_host_does_not_need_goes() -> None:
    assert meaning(shorter(KEPT)) == meaning(KEPT)
    gone = ("A module", "What is not needed", "neither", "nor this")
    assert [text for text in gone if text in shorter(KEPT)] == []
    assert '"""Nothing but this."""' in shorter(KEPT)


def test_annotations_go_but_for_the_fields_of_a_class() -> None:
    assert 'def both(word, *more, other = "é"):' in shorter(KEPT)
    assert "\tleft: str\n\tright: int = 0\n" in shorter(KEPT)


def test_blocks_are_indented_by_tabs() -> None:
    assert "\n\tif word:\n\t\treturn f" in shorter(KEPT)
