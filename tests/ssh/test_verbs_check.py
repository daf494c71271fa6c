"""check: a line for everything that a release needs, ok where it is there, and what to do where it is not."""

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tasks.sandbox.world import Sandbox
from tests.support.checked import shown
from tests.support.fab import Site, sample, sessions
from tests.support.snapshot import settled

SERVICES = [{"systemd": "site-web", "action": "reload"}, {"systemd": "site-worker@*"}, {"supervisor": "releases"}]
SERVICE_LINES = (
    "sudo systemctl reload site-web",
    "sudo systemctl restart site-worker@*",
    "sudo supervisorctl restart releases",
)


@pytest.fixture(scope="module")
def site(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site of the sandbox, live; what a test breaks it mends."""
    site = sample(sandbox, tmp_path_factory.mktemp("site"))
    site.fab("setup")
    site.deploy()
    return site


@pytest.fixture
def broken(site: Site) -> Iterator[Callable[..., list[str]]]:
    """Break something, and get the lines with FAIL of a check, each with what it says to do."""
    mend: list[tuple[Path, Path]] = []
    keys = dict(site.keys)

    def check(*, take: Path | None = None, **changed: object) -> list[str]:
        if take:
            mend.append((take.rename(take.with_name(take.name + ".taken")), take))
        site.write(**changed)
        out = site.fab("check", code=3).out.splitlines()
        return [" ".join(" ".join(out[at : at + 2]).split()) for at, line in enumerate(out) if line.split()[:1] == ["FAIL"]]

    yield check
    for taken, place in mend:
        taken.rename(place)
    site.write(**{**dict.fromkeys(site.keys), **keys})


def test_every_line_of_a_ready_host_is_ok(site: Site) -> None:
    before = [settled(home) for home in (site.home, site.sandbox.service_home)]
    found = shown(site.fab("check"))
    assert found.fail == ()
    # The sandbox has a web server of its own; the machine may have an nginx that knows nothing of it.
    assert [line for line in found.warn if not line.startswith(("nginx: ", "this workstation has no ssh"))] == []
    named = {
        f"live: {site.live}",
        f"git: {site.sandbox.origin} answers",
        "commands: bash, python3",
        "runtime file .env.local",
        "runtime file config/credentials/*.json",
        "persistent link public/media",
        "supervisor releases",
        *SERVICE_LINES,
    }
    assert named <= set(found.ok)
    assert [line for line in found.ok if line.startswith("nothing that root reads can be written by ftsuser")]
    assert [settled(home) for home in (site.home, site.sandbox.service_home)] == before


def test_missing_runtime_file(site: Site, broken: Callable[..., list[str]]) -> None:
    (line,) = broken(take=site.home / "releases" / site.live / ".env.local")
    assert "runtime file .env.local is missing" in line
    assert "do: cp -p " in line


def test_empty_runtime_file(site: Site, broken: Callable[..., list[str]]) -> None:
    file = site.home / "releases" / site.live / "empty.json"
    file.touch()
    (line,) = broken(runtime_files=["empty.json"])
    file.unlink()
    assert f"{file} is empty" in line


def test_missing_link_target(site: Site, broken: Callable[..., list[str]]) -> None:
    target = site.sandbox.folder / "efs" / "media"
    (line,) = broken(take=target)
    assert f"{target} does not exist" in line
    assert f"mkdir -p {shlex.quote(str(target))}" in line


def test_mountpoint_that_is_not_mounted(site: Site, broken: Callable[..., list[str]]) -> None:
    folder = str(site.sandbox.folder / "efs")
    (line,) = broken(persistent_links={"public/media": {"target": folder, "mountpoint": folder}})
    assert f"{folder} is not mounted" in line


def test_refused_sudo(site: Site, broken: Callable[..., list[str]]) -> None:
    policy = site.sandbox.folder / "sudoers"
    policy.write_text("systemctl\nfind\nsupervisorctl status\n")
    (line,) = broken()
    policy.write_text("ALL\n")
    assert "sudo refuses ubuntu this command: supervisorctl restart releases" in line
    assert "NOPASSWD" in line


def test_unknown_unit(broken: Callable[..., list[str]]) -> None:
    (line,) = broken(services=[{"systemd": "nginks", "action": "reload"}])
    assert "no systemd unit matches nginks" in line


def test_repository_that_is_gone(site: Site, broken: Callable[..., list[str]]) -> None:
    (line,) = broken(take=site.sandbox.origin)
    assert f"git: {site.sandbox.origin} does not answer" in line
    assert "git ls-remote" in line


def test_missing_tool(site: Site, broken: Callable[..., list[str]]) -> None:
    tools = site.sandbox.folder / "tools"
    tools.mkdir()
    for tool in {found.name: found for folder in ("/usr/bin", "/bin") for found in Path(folder).iterdir()}.values():
        if tool.name != "mountpoint":
            (tools / tool.name).symlink_to(tool)
    path = site.sandbox.folder / "run" / "path"
    path.write_text(str(tools))
    lines = broken()
    path.unlink()
    assert [line for line in lines if line.startswith("FAIL missing on the host: mountpoint")]


def test_command_that_is_nowhere(broken: Callable[..., list[str]]) -> None:
    (line,) = broken(publish=["no-such-tool --all"])
    assert "there is no no-such-tool on this host for ftsuser, and publish needs it" in line


def test_supervisor_program_that_is_not_there(broken: Callable[..., list[str]]) -> None:
    (line,) = broken(services=[{"supervisor": "nobody"}])
    assert "supervisor knows no program nobody" in line


def test_without_services_nobody_else_logs_in(site: Site) -> None:
    site.write(services=[])
    before = len(sessions(site.sandbox))
    out = site.fab("check").out
    site.write(services=SERVICES)
    assert {event.get("user") for event in sessions(site.sandbox)[before:]} - {None, ""} == {"ftsuser"}
    assert [line for line in out.splitlines() if "sudo" in line and not line.lstrip().startswith("do: ")] == []


def test_live_directory(site: Site, broken: Callable[..., list[str]]) -> None:
    directory = site.home / "a-directory"
    directory.mkdir()
    lines = broken(live_link="a-directory", runtime_files=None)
    directory.rmdir()
    assert any(f"{directory} is a directory, not the live link" in line for line in lines)


def test_live_link_that_leads_nowhere(site: Site, broken: Callable[..., list[str]]) -> None:
    lines = broken(take=site.home / "releases" / site.live)
    assert any("which is not a sealed release" in line for line in lines)


def test_host_that_is_not_set_up(broken: Callable[..., list[str]]) -> None:
    lines = broken(live_link="never-set-up", runtime_files=None)
    assert any("is missing do: fab -H sandbox setup" in line for line in lines)


def test_hold_is_a_warning(site: Site) -> None:
    site.fab("hold", "--reason", "stocktaking")
    out = site.fab("check").out
    site.fab("unhold")
    assert "warn" in out
    assert "releases are on hold" in out
