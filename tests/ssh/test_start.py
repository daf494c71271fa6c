"""Ctrl-C in the first second, while modules load: no traceback, exit 130, and what was sent: nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.phases import build, cutover
from tests.support.fab import PATIENCE
from tests.unit.made import environment

ROOT = Path(__file__).parents[2]
INTERRUPTS = """
import signal, sys

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == sys.where:
            signal.raise_signal(signal.{signal})

sys.where = {module!r}
sys.meta_path.insert(0, Interrupts())
"""
MODULES = ("invoke", "paramiko", "fabric.main", "tasks", "fabric.tasks", "tasks.flow.fleet", "tasks.view.words")


def interrupted(folder: Path, module: str, signal: str = "SIGINT") -> subprocess.CompletedProcess[str]:
    """`fab`, interrupted when it comes to import a module."""
    (folder / "sitecustomize.py").write_text(INTERRUPTS.format(module=module, signal=signal))
    words = [str(Path(sys.executable).with_name("fab")), "-H", "nowhere", "status"]
    here = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder)}
    return subprocess.run(words, cwd=ROOT, env=here, capture_output=True, text=True, timeout=PATIENCE, check=False)


@pytest.mark.parametrize("module", MODULES)
def test_ctrl_c_while_modules_load_is_no_traceback(tmp_path: Path, module: str) -> None:
    ran = interrupted(tmp_path, module)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "interrupted; nothing was sent to any host\n")


@pytest.mark.parametrize("signal", ["SIGTERM", "SIGHUP"])
def test_a_cancelled_job_and_a_closed_terminal_are_as_ctrl_c_from_the_start(tmp_path: Path, signal: str) -> None:
    ran = interrupted(tmp_path, "paramiko", signal)
    assert (ran.returncode, ran.stderr) == (130, "interrupted; nothing was sent to any host\n")


def test_a_defect_of_ours_is_shown_as_python_shows_it(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['tasks.view'] = None\n")
    fab, here = str(Path(sys.executable).with_name("fab")), {"PYTHONPATH": f"{tmp_path}:{ROOT / 'start'}"}
    ran = subprocess.run([fab, "-H", "x", "status"], cwd=ROOT, env=here, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "Traceback" in ran.stderr


def test_other_programs_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTS.format(module="calendar", signal="SIGINT"))
    words = [sys.executable, "-c", "import calendar"]
    ran = subprocess.run(
        words, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert "KeyboardInterrupt" in ran.stderr


LISTS = """
import atexit, sys

def note():
    stand_ins = ("Later", "Names")
    real = [name for name, module in sys.modules.items() if type(module).__name__ not in stand_ins]
    print(*real, file=open({file!r}, "w"))

atexit.register(note)
"""
HOSTS = """
hosts:
  nowhere: {address: 127.0.0.1, port: 1, repository: "git@github.com:acme/site.git"}
"""


def loaded(folder: Path, *words: str) -> set[str]:
    """The modules that are there when `fab` ends; a stand-in has no file."""
    names = folder / "modules"
    (folder / "sitecustomize.py").write_text(LISTS.format(file=str(names)))
    (folder / "hosts.yml").write_text(HOSTS)
    hosts = {"HOSTS_FILE": str(folder / "hosts.yml")}
    # without an ssh: a HOME that is not the one of passwd would have it given a file of its own
    here = {"PATH": str(folder), "PYTHONPATH": str(folder), "HOME": str(folder), **hosts}
    fab = str(Path(sys.executable).with_name("fab"))
    subprocess.run([fab, *words], cwd=ROOT, env=here, capture_output=True, timeout=PATIENCE, check=False)
    return set(names.read_text().split())


def test_what_a_verb_does_not_use_is_not_loaded(tmp_path: Path) -> None:
    words = ("-H", "nowhere", "release", "--ref", "master")
    loaded(tmp_path, *words)  # parses hosts.yml, and keeps what it says
    found = loaded(tmp_path, *words)
    assert {"tasks.release", "paramiko"} <= found
    assert not found & {"pydantic", "yaml", "invoke.vendor.yaml.parser", "rich", "asyncio", "email", "unittest.case"}
    assert not found & {"tasks.deploy", "tasks.setup", "tasks.sandbox.verbs"}
    assert not found & {"shutil", "lzma", "stringprep"}
    assert not found & {
        "ast",
        "tempfile",
        "textwrap",
        "tokenize",
        "locale",
        "ipaddress",
        "paramiko.sftp_client",
        "paramiko.sftp_si",
    }


def test_no_module_of_the_host_program_is_loaded_on_the_workstation(tmp_path: Path) -> None:
    words = ("-H", "nowhere", "release", "--ref", "master")
    loaded(tmp_path, *words)
    assert [name for name in loaded(tmp_path, *words) if name.startswith("tasks.host")] == ["tasks.host"]


def test_a_stand_in_names_what_the_module_itself_names(tmp_path: Path) -> None:
    """`plan --steps` has every function that a release is made of."""
    (tmp_path / "hosts.yml").write_text(HOSTS)
    here = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "HOSTS_FILE": str(tmp_path / "hosts.yml")}
    fab = (str(Path(sys.executable).with_name("fab")), "-H", "nowhere", "plan", "--steps", "--json")
    ran = subprocess.run(fab, cwd=ROOT, env=here, capture_output=True, text=True, timeout=PATIENCE, check=True)
    asked = [entry["request"] for entry in json.loads(ran.stdout)["requests"]]
    made = [build.build(environment()), cutover.cutover("forward", environment()), cutover.prune(environment())]
    sent = {request["phase"]: [step[1] for step in request["steps"]] for request in asked}
    assert {phase.name: [step.function for step in phase.steps] for phase in made}.items() <= sent.items()


ENDS = """
import atexit, builtins, os

class Kept:
    def __del__(self, write=os.write):
        write(2, b"taken apart")

builtins.kept = Kept()
atexit.register(print, "last words")
"""


@pytest.mark.parametrize(("words", "code"), [(("--list",), 0), (("-H", "nowhere", "status"), 7)])
def test_a_run_ends_without_taking_everything_apart(tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    """All output is written, and what is registered for the end is called."""
    (tmp_path / "hosts.yml").write_text(HOSTS)
    (tmp_path / "sitecustomize.py").write_text(ENDS)
    here = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path), "HOSTS_FILE": str(tmp_path / "hosts.yml")}
    fab = [str(Path(sys.executable).with_name("fab")), *words]
    ran = subprocess.run(fab, cwd=ROOT, env=here, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ran.returncode, ran.stdout[-11:]) == (code, "last words\n")
    assert ("taken apart" in ran.stderr) == (words == ("--list",)), "a list is Invoke's own, and ends as that does"


def test_output_that_nobody_reads_is_reported_as_python_does(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text(HOSTS)
    here = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "HOSTS_FILE": str(tmp_path / "hosts.yml")}
    fab = str(Path(sys.executable).with_name("fab"))
    words = ["bash", "-c", f"{fab} -H nowhere plan --steps --json > /dev/full"]
    ran = subprocess.run(words, cwd=ROOT, env=here, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ran.returncode
    assert "No space left on device" in ran.stderr


def test_a_list_has_every_verb(tmp_path: Path) -> None:
    verbs = {"tasks.release", "tasks.deploy", "tasks.setup", "tasks.sandbox.verbs"}
    assert verbs <= loaded(tmp_path, "--list")
    assert verbs <= loaded(tmp_path, "--list", "release")
    assert verbs <= loaded(tmp_path, "-H", "nowhere", "relase")


STAND_INS = """
import sys
from invoke.vendor import yaml
from importlib import metadata
from unittest.mock import Mock, patch
assert yaml.safe_load("a: 1") == {"a": 1} and patch.object
assert metadata.version("paramiko") == metadata.distribution("paramiko").version
sys.modules["fab_start"].loaded()
import importlib.metadata, unittest.mock, unittest.case
assert unittest.mock.patch is patch and importlib.metadata.entry_points
raise SystemExit(42)
"""


def test_a_module_that_is_loaded_later_is_the_real_one_for_whoever_uses_it(tmp_path: Path) -> None:
    program = tmp_path / "fab"
    program.write_text(STAND_INS)
    ran = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ran.returncode, ran.stderr) == (42, "")


def test_what_was_compiled_is_kept_for_the_next_run(tmp_path: Path) -> None:
    """Invoke switches that off."""
    fab = [str(Path(sys.executable).with_name("fab")), "--list"]
    here = {"PATH": "/usr/bin:/bin", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    subprocess.run(fab, cwd=ROOT, env=here, check=True, capture_output=True, timeout=PATIENCE)
    assert list(tmp_path.rglob("tasks/deploy.*.pyc"))
