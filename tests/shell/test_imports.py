"""The tool starts without a warning, with what requirements.txt holds, and without a word of the sandbox's."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_IMPORTED = ("tasks/shell/lib/", "tasks/sandbox/site/", "tasks/sandbox/host/__main__.py")
MODULES = [
    ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(path.relative_to(ROOT) for path in (ROOT / "tasks").rglob("*.py"))
    if not path.as_posix().startswith(NOT_IMPORTED)
]


def python(program: str, *words: str) -> str:
    command = [sys.executable, "-W", "error", "-c", program, *words]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_every_module_imports_without_a_warning() -> None:
    assert len(MODULES) > 50
    python("import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]", *MODULES)


@pytest.mark.parametrize("module", ["asyncssh", "pytest", "hypothesis"])
def test_fab_needs_nothing_that_only_the_sandbox_or_the_tests_need(module: str) -> None:
    assert python("import sys, fabfile; print(*sys.modules, sep='\\n')").split().count(module) == 0
