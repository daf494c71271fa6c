"""What travels is enough: every module of the host program runs from its packed text, in a bare interpreter."""

import json
import shutil
import subprocess

import pytest

from tasks.remote import packing

HEAVY = {
    "typing",
    "dataclasses",
    "subprocess",
    "pathlib",
    "shutil",
    "tempfile",
    "datetime",
    "ctypes",
    "inspect",
    "http",
    "ssl",
    "socket",
}
IMPORT = """
import json, sys
sources, wanted = json.loads(sys.stdin.read())
boot = {}
exec(sources["tasks.host.boot"], boot)
sys.meta_path.insert(0, boot["Packed"](sources))
before = set(sys.modules)
__import__(wanted)
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def imported(module: str) -> set[str]:
    """What comes with a module, in an interpreter that has nothing of this machine but its standard library."""
    python = shutil.which("python3", path="/usr/bin") or "python3"
    done = subprocess.run(
        [python, "-I", "-S", "-c", IMPORT],
        input=json.dumps([packing.sources(packing.everything()), module]),
        env={},
        check=True,
        capture_output=True,
        text=True,
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("module", [module for module in packing.everything() if module.startswith("tasks.host.")])
def test_a_module_runs_from_its_packed_text_and_imports_nothing_that_takes_long(module: str) -> None:
    found = imported(module)
    assert module in found
    assert found & HEAVY == set()
