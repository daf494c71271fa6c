"""A phase becomes one program: values only as quoted words, nothing before its last line, and no longer than it may be."""

import re
import shlex
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.config.models import Environment
from tasks.errors import UsageError
from tasks.phases import build, check, cutover, lock, post_release, report, setup, sudoers
from tasks.phases.step import Phase, Step
from tasks.shell.render import LIMIT, command, program, words
from tests.unit.made import environment, run

SITE = environment(
    apps={"web": {"bootstrap": ["composer install"]}},
    migrate=["bin/console migrate"],
    services=[{"systemd": "nginx", "action": "reload"}],
    health=[{"url": "http://127.0.0.1/"}],
    persistent_links={"public/media": "/mnt/efs/media"},
)
PHASES: list[Callable[[Environment], Phase]] = [
    setup.setup,
    check.check,
    check.check_web,
    check.check_services,
    lock.lock,
    lock.cancel,
    lambda site: lock.hold(site, "a reason"),
    lock.unhold,
    build.build,
    cutover.migrate,
    cutover.cutover,
    lambda site: cutover.finish(site, "ok"),
    cutover.prune,
    cutover.in_use,
    post_release.post_release,
    post_release.try_services,
    sudoers.sudoers,
    report.plan,
    report.state,
    report.history,
    lambda site: report.logs(site, ""),
]
EVERY_PHASE = pytest.mark.parametrize("phase", [made(SITE) for made in PHASES], ids=lambda phase: phase.name)
ASSIGNMENT = re.compile(r"[A-Z_]+=")
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def phase(*step_words: str, **keys: Any) -> Phase:
    return Phase(
        "build", settings=(("host", "prod", "source", "~/builds", "~/releases", "60"),), steps=(Step("a", step_words),), **keys
    )


@EVERY_PHASE
def test_the_last_line_is_the_call_and_it_stands_nowhere_before(phase: Phase) -> None:
    *before, last = program(phase, run()).splitlines()
    assert last == f"{phase.runner} main"
    assert not [line for line in before if line.strip().endswith(" main")]


@EVERY_PHASE
def test_a_program_that_arrives_cut_short_does_nothing(phase: Phase) -> None:
    settings = {setting[0] for setting in phase.settings}
    *before, last = top_level(program(phase, run()))
    assert last.split()[0] == phase.runner
    commands = {line.split()[0] for line in before if not ASSIGNMENT.match(line)}
    assert commands <= {"readonly", "set", "unset", "cd", "umask", "trap"} | settings


def top_level(text: str) -> list[str]:
    """The lines of a program that bash runs as it reads them: those outside every function."""
    no_python = re.sub(r"<<'(END_OF_\w+)'\n.*?\n\1\n", "\n", text, flags=re.DOTALL)
    one_line = re.sub(r"^\w+\(\) \{ .*\}$", "", no_python, flags=re.MULTILINE)
    no_functions = re.sub(r"^\w+\(\) \{.*?^\}$", "", one_line, flags=re.MULTILINE | re.DOTALL)
    return [line for line in no_functions.splitlines() if line]


@EVERY_PHASE
def test_every_step_stands_in_main_by_its_name_and_words_in_order(phase: Phase) -> None:
    text = program(phase, run())
    main = text[text.index("\nmain() {\n") + len("\nmain() {\n") : text.rindex("\n}\n")]
    steps = [["step", step.name, *step.words, "&&"] for step in phase.steps]
    assert [shlex.split(line) for line in main.splitlines()] == [*steps, ["emit", "ended"]]


@EVERY_PHASE
def test_a_program_carries_every_function_that_it_calls(phase: Phase) -> None:
    text = program(phase, run())
    called = {phase.runner, *(setting[0] for setting in phase.settings), *(step.words[0] for step in phase.steps)}
    assert [name for name in called if f"{name}() {{" not in text] == []


@given(st.lists(TEXT, min_size=1))
def test_any_words_are_read_back_word_for_word(values: list[str]) -> None:
    assert shlex.split(words(values)) == values


@given(TEXT)
def test_any_value_of_a_run_is_one_quoted_assignment(value: str) -> None:
    text = program(phase("ready"), run(ref=value, by=value))
    assert f"\nRELEASE_REF={shlex.quote(value)}\n" in text
    assert f"\nBY={shlex.quote(value)}\n" in text


@given(TEXT)
def test_any_value_of_hosts_yml_is_one_quoted_word(value: str) -> None:
    assert f"\n    step a hold_set {shlex.quote(value)} &&\n" in program(phase("hold_set", value), run())


def test_a_program_is_one_argument_of_a_bash_that_takes_nothing_over_from_the_login() -> None:
    assert shlex.split(command(phase("ready"), run())) == [
        "bash",
        "--norc",
        "--noprofile",
        "-p",
        "-c",
        program(phase("ready"), run()),
    ]


def test_a_run_without_values_unsets_what_the_login_may_have_set() -> None:
    assert "\nRELEASE_NAME=''\n" in program(phase("ready"), run())


@pytest.mark.parametrize(
    ("keys", "largest"),
    [
        ({"publish": ["x" * LIMIT]}, "publish"),
        ({"apps": {"web": {"bootstrap": ["x" * LIMIT], "drop": ["node_modules"]}}}, "apps"),
        ({"env": {"A": "x" * LIMIT}}, "env"),
        ({"verify": [f"echo {'y' * 2000}"] * 40, "publish": ["x" * 30000]}, "verify"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_program_that_is_too_long_names_the_key_that_takes_most(keys: dict[str, Any], largest: str) -> None:
    with pytest.raises(UsageError, match=rf"{largest} takes [0-9,]+ of them") as caught:
        program(build.build(environment(**keys)), run())
    assert caught.value.code == 2
    assert caught.value.state == "Nothing was sent to any host."


def test_a_program_of_the_full_length_is_sent_as_long_as_its_quoting_fits() -> None:
    room = LIMIT - len(program(phase("hold_set", ""), run()).encode()) + 2
    assert len(program(phase("hold_set", "x" * room), run()).encode()) == LIMIT
    with pytest.raises(UsageError):
        program(phase("hold_set", "x" * (room + 1)), run())
    with pytest.raises(UsageError):
        program(phase("hold_set", "'" * (room // 5)), run())


def test_length_is_counted_in_bytes() -> None:
    with pytest.raises(UsageError):
        program(phase("hold_set", "€" * (LIMIT // 3)), run())
