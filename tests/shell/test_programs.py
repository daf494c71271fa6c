"""Every rendered program is one that bash and shellcheck accept, has all it calls, and brings every word through as it is."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.config.models import Environment
from tasks.phases import build, check, cutover, lock, post_release, report, setup
from tasks.phases.step import Phase, Step
from tasks.shell.render import command, program, words
from tasks.shell.run import Run
from tests.support.host import LocalHost

NASTY = 'it\'s a $HOME "test" `id`; \\ \n é'
KEYS = {
    "name": "prod",
    "repository": "git@example.com:site.git",
    "env": {"KEY": NASTY},
    "path": ["~/bin", NASTY],
    "runtime_files": [".env.local", NASTY],
    "persistent_links": {"media": {"target": "/mnt/it's", "mountpoint": "/mnt"}},
    "apps": {"web": {"bootstrap": [NASTY], "drop": [NASTY]}},
    "carry_assets": [NASTY],
    "writable": [NASTY],
    "publish": [NASTY],
    "verify": [NASTY],
    "migrate": [NASTY],
    "services": [
        {"systemd": "php-fpm", "action": "reload"},
        {"supervisor": "a:*"},
        {"run": f"sudo {NASTY}"},
        {"run": "sudo ls"},
    ],
    "health": [{"url": "http://127.0.0.1/", "contains": NASTY, "headers": {"Host": "x"}}],
}
SITE = Environment.model_validate(KEYS, by_alias=True)
ALL = (
    *(setup.setup(SITE), check.check(SITE), check.check_web(SITE), check.check_services(SITE), build.build(SITE)),
    *(cutover.migrate(SITE), cutover.cutover(SITE), cutover.finish(SITE, "ok"), cutover.prune(SITE)),
    *(post_release.post_release(SITE), post_release.try_services(SITE)),
    *(lock.lock(SITE), lock.cancel(SITE), lock.hold(SITE, NASTY), lock.unhold(SITE)),
    *(report.plan(SITE), report.state(SITE), report.history(SITE), report.logs(SITE, NASTY)),
)
RUN = Run("nonce", "run", "o'neil@laptop", "release", NASTY, ref=NASTY, commit="c", release="source-20260101T000000Z")
DEFINED = re.compile(r"^([a-z_]+)\(\) \{", re.MULTILINE)
PARTS = [file.read_text() for file in Path(sys.modules[program.__module__].__file__ or "").parent.rglob("lib/**/*.sh")]
LIBRARY = {name for part in PARTS for name in DEFINED.findall(part)}
# What a file excuses in a comment, for comments do not travel; what spans files; and values, which are quoted as they are.
EXCUSED = ",".join(("SC2034,SC2153,SC2329", "SC2016,SC2088,SC2317", *re.findall(r"disable=([\w,]+)", "".join(PARTS))))
EVERY = pytest.mark.parametrize("phase", ALL, ids=lambda phase: phase.name)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)


def without_python(text: str) -> str:
    return re.sub(r"<<'END_OF_PYTHON'\n.*?\nEND_OF_PYTHON\n", "\n", text, flags=re.DOTALL)


@EVERY
def test_bash_can_read_it(phase: Phase) -> None:
    done = subprocess.run(["bash", "-n", "-c", program(phase, RUN)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@EVERY
def test_shellcheck_has_nothing_to_say(phase: Phase) -> None:
    """The words of main are values, and are quoted as values; what a part of the library leaves unused is another part's."""
    text = program(phase, Run.placeholders())
    checker = [str(Path(sys.executable).with_name("shellcheck")), "--shell=bash", f"--exclude={EXCUSED}", "-"]
    done = subprocess.run(checker, input=text, capture_output=True, text=True)
    assert done.stdout == ""


@EVERY
def test_every_function_that_it_calls_is_in_it(phase: Phase) -> None:
    text = without_python(program(phase, RUN))
    defined = set(DEFINED.findall(text))
    called = {found for found in re.findall(r"[a-z]+(?:_[a-z]+)+", text) if found in LIBRARY} | {phase.runner}
    called |= {step.words[0] for step in phase.steps} | {setting[0] for setting in phase.settings}
    assert called - defined == set()


@EVERY
def test_its_python_is_what_a_host_of_three_eight_can_read(phase: Phase) -> None:
    for source in re.findall(r"<<'END_OF_PYTHON'\n(.*?)\nEND_OF_PYTHON\n", program(phase, RUN), flags=re.DOTALL):
        tree = ast.parse(source, feature_version=(3, 8))
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not names & {"UTC", "removeprefix", "removesuffix", "batched", "pairwise", "is_relative_to", "bit_count"}


@EVERY
def test_one_that_was_cut_short_does_nothing(phase: Phase, bare_host: LocalHost) -> None:
    text = program(phase, RUN)
    for cut in (text[: text.rindex("\n", 0, -1)], text[: text.index("main() {") + 20], text[: len(text) // 2]):
        subprocess.run(["bash", "-c", cut], env={"HOME": str(bare_host.home)}, capture_output=True)
    assert list(bare_host.home.iterdir()) == []


@given(values=st.lists(TEXT, max_size=6))
def test_any_word_survives_the_way_to_a_commands_arguments(values: list[str]) -> None:
    done = subprocess.run(["bash", "-c", "printf '%s\\0' x " + words(values)], capture_output=True)
    assert done.stdout == b"x\0" + b"".join(value.encode() + b"\0" for value in values)


@given(value=TEXT)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_word_survives_the_way_into_a_step_and_back_as_an_event(bare_host: LocalHost, value: str) -> None:
    phase = Phase("state", settings=(), steps=(Step("say", ("fact", "text", value)),))
    assert bare_host.run(phase).facts["text"] == value


@given(value=TEXT)
@settings(max_examples=20, deadline=None)
def test_any_word_survives_a_login_shell_before_that(value: str) -> None:
    run = Run("nonce", "run", "by", "release", "what", ref=value)
    phase = Phase("state", settings=(), steps=())
    line = command(phase, run).replace("attached main", 'printf %s "$RELEASE_REF"')
    for shell in ("sh", "bash"):
        assert subprocess.run([shell, "-c", line], capture_output=True).stdout == value.encode()
