"""check: who must read what is live, and write to what hosts.yml calls writable; where nobody may look."""

import os
import pwd
import shlex
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.host.access import ENTER, READ, WRITE, Viewer
from tasks.host.check import serving
from tasks.host.check import web as checks
from tasks.host.programs import TOO_LATE, Done
from tests.functions.check.conftest import Machine
from tests.functions.check.web_host import GOOD, ME, WebHost


@pytest.fixture
def web(machine: Machine) -> WebHost:
    """A host where all is well, with a release live."""
    machine.release()
    return WebHost(machine)


def test_a_user_that_is_not_there_fails(web: WebHost) -> None:
    web.pools("process_control_timeout = 10s", user="no-such-user")
    assert "php-fpm runs as no-such-user, and this host has no such user" in web.checked().fail[0]


def test_what_is_writable_has_a_line_and_what_is_not_there_is_the_next_builds(web: WebHost) -> None:
    (web.host.live / "var").mkdir()
    found = web.checked("var", "none")
    assert f"writable: {ME} (php-fpm) can write to var" in found.ok
    assert found.bad == ("writable: there is no none in the live release -> the next build makes it",)


def test_before_a_first_release_its_files_are_not_judged(machine: Machine) -> None:
    web = WebHost(machine)
    machine.releases.mkdir()
    found = web.checked("var")
    assert found.bad == ()
    assert not [each for each in found.ok if "live release" in each]


def test_workers_whose_user_no_file_names_are_found_among_the_processes(web: WebHost, monkeypatch: pytest.MonkeyPatch) -> None:
    web.nginx(f"http {{ server {{ root {web.host.live}/public; }} }}", user="")
    monkeypatch.setattr(serving, "running_as", lambda program: [f"no-such-{program}"])
    assert "nginx runs as no-such-nginx, and this host has no such user" in web.checked().fail[0]


@pytest.mark.parametrize(("uid", "name"), [(0, []), (1, [pwd.getpwuid(1).pw_name])])
def test_the_user_of_a_program_is_that_of_its_first_process_that_is_not_roots(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, uid: int, name: list[str]
) -> None:
    for number, program in enumerate(("bash", "nginx")):
        (machine.folder / f"{number}").write_text(program + "\n")
    found = [f"{machine.folder}/{each}" for each in ("2", "0", "1")]
    monkeypatch.setattr(serving, "glob", SimpleNamespace(glob=lambda _pattern: found))
    monkeypatch.setattr(serving, "os", SimpleNamespace(fstat=lambda _descriptor: SimpleNamespace(st_uid=uid)))
    assert serving.running_as("nginx") == name


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Take from everybody, root too, what they may do at a path."""
    taken: dict[str, int] = {}

    def may(_: Viewer, path: str, wanted: int) -> bool:
        return Path(path).exists() and not taken.get(path, 0) & wanted

    monkeypatch.setattr(Viewer, "may", may)
    return lambda path, wanted: taken.update({path: wanted})


def test_a_closed_way_fails_with_the_directory_and_what_opens_it(web: WebHost, closed: Callable[[str, int], None]) -> None:
    closed(str(web.host.home), ENTER)
    nginx, fpm = web.checked().fail
    assert nginx == (
        f"{ME} (nginx) may not go through {web.host.home}, which leads to {web.host.live}/public -> "
        f"setfacl -m u:{ME}:x {web.host.home} # on the host; or chmod o+x {web.host.home}"
    )
    assert fpm.startswith(f"{ME} (php-fpm) may not go through {web.host.home}, ")


def test_a_way_that_is_anothers_to_open_takes_sudo(web: WebHost, closed: Callable[[str, int], None]) -> None:
    closed("/", ENTER)
    opens = f"-> sudo setfacl -m u:{ME}:x '/' # on the host; or sudo chmod o+x '/'"
    usual = os.getuid()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "getuid", lambda: usual + 1)
        assert [line.endswith(opens) for line in web.checked().fail] == [True, True]


def test_files_that_cannot_be_read_fail_with_the_first_and_how_many_more(
    web: WebHost, closed: Callable[[str, int], None]
) -> None:
    public = web.host.live.resolve() / "public"
    for name in ("a", "b", "node_modules"):
        (public / name).touch()
        closed(str(public / name), READ)
        found = [line.partition(" -> ")[0] for line in web.checked().fail]
        more = "" if name == "a" else " and 1 more"
        assert found == [f"{ME} ({program}) cannot read {public}/a{more}" for program in ("nginx", "php-fpm")]


@pytest.mark.parametrize("dumped", [True, False])
def test_runtime_files_that_only_a_build_reads_may_be_closed(
    web: WebHost, closed: Callable[[str, int], None], dumped: bool
) -> None:
    live = web.host.live.resolve()
    for name in ("auth.json", ".env.local", *((".env.local.php",) if dumped else ())):
        (live / name).touch()
    closed(f"{live}/auth.json", READ)
    closed(f"{live}/.env.local", READ)
    found = web.checked(runtime_files=[["auth.json", False], [".env.local", False]])
    unreadable = f"{ME} (php-fpm) cannot read {live}/.env.local"
    assert [line.partition(" -> ")[0] for line in found.fail] == ([] if dumped else [unreadable])


@pytest.mark.parametrize(("place", "wanted"), [("home", ENTER), ("var", WRITE), ("var/cache", WRITE)])
def test_a_pool_that_cannot_write_is_a_warning(
    web: WebHost, closed: Callable[[str, int], None], place: str, wanted: int
) -> None:
    (web.host.live / "var" / "cache").mkdir(parents=True)
    path = web.host.home if place == "home" else web.host.live.resolve() / place
    closed(str(path), wanted)
    lines = [line for line in web.checked("var").warn if line.startswith("writable: ")]
    assert lines == [f"writable: {ME} (php-fpm) cannot write to {path} -> the next build makes var so"]


def test_without_a_pool_nobody_is_known_to_write(web: WebHost) -> None:
    (web.folder / "php-fpm.conf").write_text("[global]\nprocess_control_timeout = 10s\n")
    assert "writable: no pool of php-fpm is known on this host -> name the unit" in web.checked("var").warn[0]
    assert web.checked().warn == ()


@pytest.mark.parametrize("away", [True, False])
def test_a_persistent_link_whose_file_server_does_not_answer_is_not_looked_at(
    web: WebHost, monkeypatch: pytest.MonkeyPatch, away: bool
) -> None:
    mount = web.host.folder / "efs"
    (mount / "media").mkdir(parents=True)
    (web.host.live / "public" / "media").symlink_to(mount / "media")
    web.serve(GOOD, more=f"server {{ root {mount}/other; }} server {{ root {web.host.live}/public/media; }}")
    links = [("public/media", str(mount / "media"), str(mount))]
    monkeypatch.setattr(checks, "answers", lambda path: path != str(mount) or not away)
    looked_at: list[str] = []
    for name in ("lstat", "stat", "readlink"):
        monkeypatch.setattr(os, name, watched(getattr(os, name), looked_at))
    assert web.checked(links=links).bad == ()
    assert any(path.startswith(str(mount)) or path.endswith("/media") for path in looked_at) == (not away)


def watched(function: Any, paths: list[str]) -> Any:
    """The function, and the paths that it gets."""

    def call(path: Any, *arguments: Any, **named: Any) -> Any:
        paths.append(os.fspath(path) if not isinstance(path, int) else "")
        return function(path, *arguments, **named)

    return call


@pytest.mark.parametrize(("code", "found"), [(0, True), (1, True), (TOO_LATE, False)])
def test_a_file_server_answers_if_only_that_there_is_nothing(monkeypatch: pytest.MonkeyPatch, code: int, found: bool) -> None:
    monkeypatch.setattr(checks, "ask", lambda _words, seconds: Done(code if seconds == 10 else 0))
    assert checks.answers("/mnt/efs") == found


def test_a_persistent_link_within_what_is_writable_is_looked_at_where_it_leads(
    web: WebHost, closed: Callable[[str, int], None]
) -> None:
    (web.host.live / "var").mkdir()
    target = web.host.folder / "it's efs"
    target.mkdir()
    links = [("var/sessions", str(target), ""), ("media", "/no/such/place", "")]
    assert f"writable: {ME} (php-fpm) can write to var/sessions" in web.checked("var", "var/sessions", links=links).ok
    closed(str(target), WRITE)
    (found,) = web.checked("var", "var/sessions", links=links).warn
    text, _, todo = found.partition(" -> ")
    assert text == f"writable: {ME} (php-fpm) cannot write to {target}"
    assert shlex.split(todo) == ["sudo", "setfacl", "-R", "-m", f"u:{ME}:rwX", str(target)]
