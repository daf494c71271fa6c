"""The shape of the code, as tasks/README.md draws it: imports go left, files are small, names say what is in them."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tasks
from tasks.host.services import supervisor
from tasks.phases import post_release

ROOT = Path(__file__).parents[2]
TASKS = ROOT / "tasks"
SITE = TASKS / "sandbox" / "site"
HOST = TASKS / "host"
OURS = sorted(path for path in TASKS.rglob("*.py") if not path.is_relative_to(SITE))

# It quotes what a person types; no host ever sees it.
QUOTED_FOR_PEOPLE = {TASKS / "errors.py"}

MAY_IMPORT = {
    "errors": set(),
    "config": {"errors"},
    "host": set(),
    "phases": {"config", "host"},
    "remote": {"errors", "config", "phases"},
    "view": {"errors", "config", "phases"},
    "flow": {"errors", "config", "phases", "remote", "view"},
    "verb": {"errors", "config", "phases", "remote", "view", "flow"},
    "sandbox": {"errors", "config"},
    "namespace": {"verb", "sandbox"},
}


FLOW = (
    *("clock", "interrupts", "state", "standing", "lock", "member", "prepare", "barrier", "fleet", "drain", "way_on", "drift"),
    *(
        "inventory",
        "selection",
        "ready",
        "build",
        "lost",
        "cutover",
        "pruning",
        "assets",
        "services",
        "adoption",
        "summary",
        "plan",
        "typed",
        "verb",
    ),
    "executor",
)
"""The files of flow/; each imports only what stands before it."""


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def layer(path: Path) -> str:
    """The stage that a file belongs to: its folder, or for a file directly in tasks/ what it is."""
    folder, *inside = path.relative_to(TASKS).parts
    return folder if inside else {"errors.py": "errors", "__init__.py": "namespace"}.get(folder, "verb")


def imported(path: Path) -> Iterator[str]:
    """Every module that a file names in an import, wherever in the file; `from a import b` is a and a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(ROOT).parts[: -node.level] if node.level else ()
            module = ".".join([*package, *filter(None, [node.module])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def layers_imported(path: Path) -> set[str]:
    files = {TASKS.joinpath(*module.split(".")[1:]) for module in imported(path) if module.startswith("tasks.")}
    found = [file if file.is_dir() else file.with_suffix(".py") for file in files]
    return {layer(file) if file.is_file() else layer(file / "__init__.py") for file in found if file.exists()}


def importers(*packages: str) -> set[str]:
    """The stages in which a module of these packages is imported."""
    wanted = re.compile("|".join(rf"{re.escape(package)}(\.|$)" for package in packages))
    return {layer(path) for path in OURS if any(wanted.match(module) for module in imported(path))}


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_imports_go_one_way(path: Path) -> None:
    own = layer(path)
    assert layers_imported(path) <= MAY_IMPORT[own] | ({own} - {"verb"})


def test_each_file_of_flow_imports_only_what_stands_above_it() -> None:
    assert {path.stem for path in (TASKS / "flow").glob("*.py")} == {"__init__", *FLOW}
    for place, name in enumerate(FLOW):
        below = {f"tasks.flow.{other}" for other in FLOW[place:]}
        assert not below & set(imported(TASKS / "flow" / f"{name}.py")), name


def test_every_folder_of_tasks_is_a_stage_with_its_place_in_the_order() -> None:
    folders = {path.name for path in TASKS.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert folders == MAY_IMPORT.keys() - {"errors", "verb", "namespace"}


def test_only_remote_reaches_a_host() -> None:
    assert importers("paramiko", "fabric.connection", "fabric.group", "fabric.runners", "fabric.transfer") == {"remote"}
    assert importers("fabric.tasks") == {"flow"}


def test_only_one_file_asks_aws() -> None:
    wanted = ("boto3", "botocore")
    files = {path for path in OURS if any(module.partition(".")[0] in wanted for module in imported(path))}
    assert files == {TASKS / "remote" / "aws.py"}


def test_only_the_sandbox_is_a_host() -> None:
    assert importers("asyncssh") == {"sandbox"}


def test_phases_are_values_without_input_output_or_clock() -> None:
    stages = importers(
        "os", "io", "time", "datetime", "socket", "subprocess", "pathlib", "threading", "random", "secrets", "sys"
    )
    assert "phases" not in stages


def test_nothing_that_a_host_runs_is_quoted() -> None:
    quoting = re.compile(r"shlex\.(quote|join)|from shlex import|pipes\.quote")
    found = {path for path in OURS if layer(path) != "sandbox" and quoting.search(path.read_text(encoding="utf-8"))}
    assert found == QUOTED_FOR_PEOPLE


def test_one_file_of_the_host_program_starts_threads() -> None:
    """Another would take signals that the main thread waits for."""
    text = {path: path.read_text(encoding="utf-8") for path in OURS if layer(path) == "host"}
    starts = {path for path in text if "import threading" in text[path] and ".start()" in text[path]}
    assert starts == {HOST / "threads.py"}


FOR_PEOPLE = {
    TASKS / "view/page.py",
    *(HOST / name for name in ("hold.py", "commands.py")),
}
"""What they split is shown, a line at a time, or joined."""


def test_only_a_newline_ends_a_line_that_is_parsed() -> None:
    """str.splitlines ends one at a form feed and at U+2028 too, which a name, a comment or a commit may have."""
    found = {path for path in OURS if layer(path) != "sandbox" and "splitlines(" in path.read_text(encoding="utf-8")}
    assert found == FOR_PEOPLE


def test_no_shell_text_runs_on_a_host_but_the_commands_of_hosts_yml() -> None:
    started = re.compile(r'"(?:ba|da|z)?sh", "-')
    assert {path for path in HOST.rglob("*.py") if started.search(path.read_text(encoding="utf-8"))} == {HOST / "programs.py"}
    assert not [path for path in TASKS.rglob("*.sh") if not path.is_relative_to(TASKS / "sandbox")]


def test_of_the_host_program_a_workstation_takes_functions_and_nothing_else() -> None:
    """Where `start/` is installed its modules are not loaded: a constant would be a function too. `Run` is a type of `step`."""
    constant = re.compile(r"^from tasks\.host[\w.]* import (?:.*\b)?([A-Z]\w*)", re.MULTILINE)
    ours = [path for path in OURS if layer(path) not in ("host", "sandbox")]
    assert {(path.name, *constant.findall(path.read_text(encoding="utf-8"))) for path in ours} <= {
        *((path.name,) for path in ours),
        ("step.py", "Run"),
    }


def test_how_supervisor_is_asked_is_said_alike_on_both_sides() -> None:
    assert post_release.CONTROL == supervisor.CONTROL


def test_what_runs_on_a_host_imports_only_the_standard_library() -> None:
    outside = {
        module.partition(".")[0]
        for path in HOST.rglob("*.py")
        for module in imported(path)
        if not module.startswith("tasks.host")
    }
    assert outside <= sys.stdlib_module_names


@pytest.mark.parametrize("path", sorted(HOST.rglob("*.py")), ids=name_of)
def test_nothing_on_a_host_calls_a_generic_type(path: Path) -> None:
    """dict[str, str]() is an error before Python 3.9, and vermin does not see it."""
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    assert [ast.unparse(called) for called in calls if isinstance(called, ast.Subscript)] == []


@pytest.mark.parametrize("path", sorted(HOST.rglob("*.py")), ids=name_of)
def test_what_runs_on_a_host_is_python_3_8(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 8))
    newer = re.compile(
        r"datetime\.UTC|import UTC|\.removeprefix\(|\.removesuffix\(|strict=True|pairwise|functools\.cache\b|zoneinfo|tomllib"
    )
    assert newer.findall(text) == []


@pytest.mark.parametrize(
    "path", [*OURS, *sorted(TASKS.rglob("*.sh")), *sorted((ROOT / "tests").rglob("*.py")), ROOT / "fabfile.py"], ids=name_of
)
def test_no_file_is_over_250_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


def test_no_name_in_tasks_hides_one_of_the_standard_library() -> None:
    names = {path.stem for path in TASKS.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert not names & sys.stdlib_module_names


@pytest.mark.parametrize("path", sorted({*OURS, *(path.parent for path in OURS)}), ids=name_of)
def test_no_name_says_nothing(path: Path) -> None:
    assert not re.search(r"util|helper|core|manager|handler|processor|engine|common|misc", path.stem)


def test_a_package_re_exports_nothing() -> None:
    for path in OURS:
        if path.name == "__init__.py" and path.parent != TASKS:
            body = ast.parse(path.read_text(encoding="utf-8")).body
            assert all(isinstance(node, ast.Expr) for node in body), f"{name_of(path)} holds more than its docstring"


def test_no_verb_hides_a_folder_of_its_package() -> None:
    folders = [path.name for path in TASKS.iterdir() if (path / "__init__.py").is_file()]
    assert [name for name in folders if getattr(tasks, name).__name__ != f"tasks.{name}"] == []


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_every_file_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)) or not text.strip()
