"""What the embedded host decides without a process: its policy, its paths, its history and its hosts.yml."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.config.inventory import parse
from tasks.config.models import Address
from tasks.sandbox import origin, world
from tasks.sandbox.host import process, sudo, systemctl
from tasks.sandbox.host.layout import LIVE_LINK, RELEASE_USER, SERVICE_USER, Layout

WORDS = st.lists(st.text(alphabet="abc-@/ ", min_size=1), min_size=1)


@given(WORDS)
def test_policy_all_allows_everything(command: list[str]) -> None:
    assert sudo.allowed(["ALL"], command, "")


@given(WORDS)
def test_empty_policy_allows_nothing(command: list[str]) -> None:
    assert not sudo.allowed([], command, "")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("systemctl restart site-worker@1", True),
        ("systemctl restart site-web", False),
        ("systemctl restart", False),
        ("reboot", False),
    ],
)
def test_policy_line_is_the_beginning_of_a_command(command: str, expected: bool) -> None:
    assert sudo.allowed(["systemctl restart site-worker@*"], command.split(), "") is expected


@pytest.mark.parametrize("name", ["site-web", "site-web.service"])
def test_unit_is_found_with_and_without_its_suffix(name: str) -> None:
    assert [unit.name for unit in systemctl.matching(name)] == ["site-web"]


def test_glob_matches_units_whole() -> None:
    assert [unit.name for unit in systemctl.matching("site-worker@*")] == ["site-worker@1", "site-worker@2"]
    assert systemctl.matching("worker@*") == []


def test_only_the_service_user_finds_the_services() -> None:
    layout = Layout(Path("/a sandbox"))
    assert layout.search_path(SERVICE_USER).startswith("/a sandbox/bin:")
    assert "/a sandbox/bin" not in layout.search_path(RELEASE_USER)


def test_recycled_pid_is_another_process() -> None:
    started = process.start_time(os.getpid())
    assert started is not None
    assert process.Process(os.getpid(), started).alive
    assert not process.Process(os.getpid(), f"{started}0").alive


def test_every_overlay_is_in_the_history_once() -> None:
    overlays = sorted(folder.name for folder in origin.SITE.iterdir())
    assert sorted(commit.overlay for commit in origin.HISTORY) == overlays


def test_hosts_file_says_what_the_sandbox_is(tmp_path: Path) -> None:
    layout = Layout(tmp_path / 'a "b" $c # d')
    layout.folder.mkdir()
    layout.address_file.write_text("127.0.0.1")
    text = world.inventory(layout, 2200, 8000)
    sandbox = parse(layout.hosts_file, text.encode())["sandbox"]
    assert (sandbox.addresses, sandbox.port, sandbox.health[0].url) == (
        (Address(host="127.0.0.1"),),
        2200,
        "http://127.0.0.1:8000/health",
    )
    assert (sandbox.release_user, sandbox.service_user, sandbox.live_link) == (RELEASE_USER, SERVICE_USER, LIVE_LINK)
    assert (sandbox.repository, sandbox.identity_file) == (str(layout.origin), str(layout.identity_file))
    assert sandbox.persistent_links[0].target == str(layout.media)
    assert text.startswith("# hosts.yml of the sandbox")
