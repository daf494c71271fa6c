"""A release that somebody uses is not pruned, whoever it is that sees it; it goes with the prune after they have left."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tasks.phases import cutover
from tests.support.host import LocalHost
from tests.support.records import LocalRecords, name
from tests.support.talk import Ran

OPEN = "import sys; file = open(sys.argv[1] + '/index.html'); print(flush=True); sys.stdin.read()"
MAPPED = """
import mmap, sys
with open(sys.argv[1] + '/index.html') as file:
    kept = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
print(flush=True); sys.stdin.read()
"""
STANDS = "import os, sys; os.chdir(sys.argv[1]); print(flush=True); sys.stdin.read()"
NAMED = "import sys; print(flush=True); sys.stdin.read()"
USES = {"stands in it": STANDS, "has a file open": OPEN, "has mapped a file": MAPPED, "was started with its path": NAMED}

Use = Callable[[Path, str], "subprocess.Popen[str]"]


@pytest.fixture
def host(host: LocalHost) -> LocalHost:
    """Four releases, the newest live, one to be kept."""
    made = LocalRecords(host)
    made.sealed(0, 1, 2)
    made.released(3)
    host.use(keep_releases=1)
    return host


@pytest.fixture
def use() -> Iterator[Use]:
    """Start a process that uses a release; it ends with the test."""
    with ExitStack() as stack:

        def start(folder: Path, how: str) -> subprocess.Popen[str]:
            words = [sys.executable, "-c", USES[how], str(folder)]
            process = stack.enter_context(subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            stack.callback(process.kill)
            assert process.stdout is not None
            assert process.stdout.readline() == "\n"
            return process

        yield start


def there(host: LocalHost) -> set[str]:
    return {path.name for path in host.releases.iterdir()}


@pytest.mark.parametrize("how", USES)
def test_a_release_that_a_process_uses_is_kept_until_it_has_left(host: LocalHost, use: Use, how: str) -> None:
    process = use(host.releases / name(1), how)
    assert host.prune().code == 0
    assert there(host) == {name(1), name(3)}
    process.kill()
    process.wait()
    assert host.prune().code == 0
    assert there(host) == {name(3)}


def test_a_program_of_the_release_that_runs_keeps_it(host: LocalHost) -> None:
    program = host.releases / name(0) / "sleep"
    program.write_bytes(Path("/bin/sleep").read_bytes())
    program.chmod(0o755)
    with subprocess.Popen(["worker", "1000"], executable=program) as process:
        host.prune()
        process.kill()
    assert there(host) == {name(0), name(3)}


def test_who_uses_it_is_reported_once_with_pid_user_and_command(host: LocalHost, use: Use) -> None:
    first = use(host.releases / name(1), "stands in it")
    use(host.releases / name(1), "has a file open")
    done = host.prune(used=((name(1), "pid 1 (www-data, php worker)"),))
    (note,) = [words[0] for words in done.all("note") if "kept" in words[0]]
    assert note.startswith(f"{name(1)} is kept: pid ")
    assert note.endswith(") uses it")
    user = subprocess.run(["id", "--user", "--name"], capture_output=True, check=True, text=True).stdout.strip()
    assert f"pid {first.pid} ({user}, {sys.executable} -c" in note or "www-data" in note


def test_what_another_user_saw_is_kept_too(host: LocalHost) -> None:
    done = host.prune(used=((name(0), "pid 12 (www-data, php bin/console messenger:consume)"),))
    assert there(host) == {name(0), name(3)}
    assert f"{name(0)} is kept: pid 12 (www-data, php bin/console messenger:consume) uses it" in done.texts("note")


def test_what_is_kept_for_a_process_counts(host: LocalHost) -> None:
    host.use(keep_releases=3)
    host.prune(used=((name(2), "pid 12 (a, b)"),))
    assert there(host) == {name(1), name(2), name(3)}


def test_a_process_that_uses_what_stays_anyway_is_not_reported(host: LocalHost, use: Use) -> None:
    use(host.releases / name(3), "stands in it")
    assert "is kept" not in host.prune().texts("note")


def asked(host: LocalHost) -> Ran:
    """What the service user's half of a prune reports."""
    return host.run(cutover.in_use(), host.new_run("prune", path=str(host.releases / name(3))))


def test_the_service_user_reports_each_release_and_who_uses_it(host: LocalHost, use: Use) -> None:
    one, two = use(host.releases / name(0), "stands in it"), use(host.releases / name(2), "has a file open")
    lines = asked(host).facts["in_use"].splitlines()
    assert [line.split(" (")[0] for line in lines] == [f"{name(0)} pid {one.pid}", f"{name(2)} pid {two.pid}"]


def test_nobody_there_is_nothing_reported(host: LocalHost) -> None:
    assert asked(host).facts["in_use"] == ""


def test_where_releases_dir_is_reached_through_a_link_it_is_the_same_releases(host: LocalHost, use: Use) -> None:
    elsewhere = host.home / "it's elsewhere"
    host.releases.rename(elsewhere)
    host.releases.symlink_to(elsewhere)
    use(host.releases / name(1), "stands in it")
    host.prune()
    assert there(host) == {name(1), name(3)}
