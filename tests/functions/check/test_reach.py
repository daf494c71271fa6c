"""What keeps visitors from every release is refused before one goes live, in the words of check."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.host.access import ENTER, Viewer
from tasks.host.check import reach
from tasks.host.failure import Failed
from tests.functions.check.conftest import Machine
from tests.functions.check.web_host import GOOD, ME, UNITS, WebHost
from tests.functions.made import Made

Links = list[tuple[str, str, str]]


@pytest.fixture
def web(machine: Machine) -> WebHost:
    """A host where all is well, with a release live."""
    machine.release()
    web = WebHost(machine)
    web.checked()  # it makes the systemctl
    return web


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Close a directory to everybody, root too, or to one user."""
    taken: dict[str, str] = {}

    def may(who: Viewer, path: str, wanted: int) -> bool:
        return Path(path).exists() and not (wanted & ENTER and taken.get(path) in ("", who.name))

    monkeypatch.setattr(Viewer, "may", may)
    return lambda path, name="": taken.update({str(path): name})


def refused(links: Links | None = None) -> tuple[str, str]:
    """What a run that makes a release live is refused with, and what it says to do; "" where it goes on in silence."""
    run = Made("lock")
    try:
        reach.require(run, UNITS, links or [], False)
    except Failed as refusal:
        return refusal.what, refusal.next
    assert run.events == []
    return "", ""


def warned() -> list[str]:
    """What a run that puts a release back is warned of."""
    run = Made("lock")
    reach.require(run, UNITS, [], True)
    assert {event[0] for event in run.events} <= {"warn"}
    return [event[1] for event in run.events]


@pytest.mark.usefixtures("web")
def test_a_site_that_visitors_reach_is_not_refused_and_costs_two_questions(machine: Machine) -> None:
    said = (machine.programs / "systemctl").read_text()
    machine.program("systemctl", f"echo $* >>{machine.folder}/asked\n{said.partition(chr(10))[2]}")
    assert refused() == ("", "")
    assert len((machine.folder / "asked").read_text().splitlines()) == 2


@pytest.mark.parametrize("place", ["home", "releases"])
def test_a_closed_way_is_refused_with_the_sentence_of_check(web: WebHost, closed: Callable[..., None], place: str) -> None:
    closed(getattr(web.host, place))
    what, next = refused()
    said = [line.partition(" -> ") for line in web.checked().fail]
    assert [what, next] == ["; ".join(line[0] for line in said), said[0][2]]
    assert what.startswith(f"{ME} (nginx) may not go through {getattr(web.host, place)}, which leads to ")


def test_before_a_first_release_the_way_to_the_releases_is_what_counts(web: WebHost, closed: Callable[..., None]) -> None:
    web.host.live.unlink()
    closed(web.host.home)
    assert f"may not go through {web.host.home}, which leads to {web.host.releases}" in refused()[0]


def test_a_server_that_serves_one_release_for_ever_is_refused(web: WebHost) -> None:
    web.serve(GOOD, root=f"{web.host.live.resolve()}/public")
    what, next = refused()
    (said,) = web.checked().fail
    assert said == f"{what} -> {next}"
    assert "a cutover changes nothing" in what


def test_a_server_that_shows_one_release_beside_the_site_is_a_warning(web: WebHost) -> None:
    """To compare with what was live before, say."""
    archive = f"server {{ listen 81; server_name before; root {web.host.live.resolve()}/public; }}"
    web.serve(GOOD, more=archive)
    found = web.checked()
    assert refused() == ("", "")
    assert not found.fail
    assert "a cutover changes nothing" in "".join(found.warn)


def test_a_pool_whose_user_is_not_there_is_refused(web: WebHost) -> None:
    web.pools("process_control_timeout = 10s", user="no-such-user")
    assert refused() == ("php-fpm runs as no-such-user, and this host has no such user", "# correct its configuration")


def test_the_way_back_is_warned_and_not_refused(web: WebHost, closed: Callable[..., None]) -> None:
    closed(web.host.home)
    (said,) = warned()
    assert said.startswith(f"{ME} (nginx) may not go through {web.host.home}, ")


@pytest.mark.parametrize("both", [False, True])
def test_where_nobody_knows_the_pools_of_the_site_one_that_may_enter_is_enough(
    web: WebHost, closed: Callable[..., None], both: bool
) -> None:
    web.nginx("http {}")
    pools = (f"[{user}]\nuser = {user}\nlisten = /run/{user}.sock\n" for user in (ME, "daemon"))
    (web.folder / "php-fpm.conf").write_text("[global]\nprocess_control_timeout = 10s\n" + "".join(pools))
    closed(web.host.home, "" if both else "daemon")
    sentence = f"daemon (php-fpm) may not go through {web.host.home}"
    assert (sentence in refused()[0]) is both
    found = web.checked()
    assert [sentence in "".join(lines) for lines in (found.fail, found.warn)] == [both, not both]


def test_what_only_the_live_release_has_wrong_is_left_to_the_next(web: WebHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Viewer, "may", lambda _who, path, wanted: Path(path).exists() and wanted == ENTER)
    assert "cannot read" in web.checked().fail[0]
    assert refused() == ("", "")


def test_nothing_below_a_persistent_link_is_looked_at(web: WebHost, monkeypatch: pytest.MonkeyPatch) -> None:
    mount = web.host.folder / "efs"
    (mount / "media").mkdir(parents=True)
    (web.host.live / "public" / "media").symlink_to(mount / "media")
    web.serve(GOOD + f" location /m {{ alias {mount}/media; }}", more=f"server {{ root {web.host.live}/public/media; }}")
    looked_at: list[str] = []
    for name in ("lstat", "stat", "readlink"):
        monkeypatch.setattr(os, name, watched(getattr(os, name), looked_at))
    assert refused([("public/media", str(mount / "media"), str(mount))]) == ("", "")
    assert str(web.host.home) in looked_at
    assert [path for path in looked_at if path.startswith(str(mount)) or path.endswith("/media")] == []


def watched(function: Any, paths: list[str]) -> Any:
    """The function, and the paths that it gets."""

    def call(path: Any, *arguments: Any, **named: Any) -> Any:
        paths.append(os.fspath(path) if not isinstance(path, int) else "")
        return function(path, *arguments, **named)

    return call


@pytest.mark.parametrize("warns", [False, True])
def test_what_cannot_be_looked_at_refuses_nothing(web: WebHost, monkeypatch: pytest.MonkeyPatch, warns: bool) -> None:
    def broken(*_: object) -> bool:
        raise OSError(5, "no")

    monkeypatch.setattr(Viewer, "may", broken)
    run = Made("lock")
    reach.require(run, UNITS, [], warns)
    assert run.events == [("warn", "whether visitors reach a release could not be looked at: OSError")]
    assert "could not be looked at" in web.checked().warn[0]
