"""Who could read a runtime file can read its copy: its group is kept, or the copy is refused before anything is built.

Only root can give a file to any group.
"""

import grp
import os
import stat
from pathlib import Path

import pytest

from tasks.host.build import runtime
from tasks.host.check import state
from tasks.host.failure import Failed
from tasks.host.runtime import readers
from tests.functions.made import Made
from tests.functions.runtime_files import FILE, Files
from tests.support.host import LocalHost

GROUP = 33
"""Of www-data on Debian; any that is not the release user's own."""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """A host in this process, with a runtime file of its release user alone."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    made = Files(LocalHost(tmp_path).set_up())
    made.kept.write_text("KEY=value of it\n")
    made.kept.chmod(0o640)
    return made


def given(path: Path) -> tuple[int, int]:
    return path.stat().st_gid, stat.S_IMODE(path.stat().st_mode)


def test_the_group_goes_with_the_file_from_release_to_release_and_back(files: Files) -> None:
    os.chown(files.kept, -1, GROUP)
    first = files.release()
    assert given(files.of(first)) == (GROUP, 0o640)
    files.release()
    assert given(files.live) == (GROUP, 0o640)
    files.live.write_text("KEY=another value\n")
    os.chown(files.of(first), -1, os.getegid())
    files.roll_back()
    assert given(files.of(first)) == (GROUP, 0o640)
    assert given(files.kept) == (GROUP, 0o640)
    os.chown(files.of(first), -1, 0)
    files.roll_back(files="own")
    assert given(files.of(first)) == (0, 0o640)


@pytest.fixture
def nobodys(files: Files, monkeypatch: pytest.MonkeyPatch) -> Files:
    """The release user is in no group but its own, and php-fpm runs as nobody, who is in `nogroup`."""
    monkeypatch.setattr(readers, "can_give", lambda group: group == os.getegid())
    config = files.host.folder / "php-fpm.conf"
    config.write_text("[www]\nuser = nobody\n")
    start = f"ExecStart={{ path=/usr/sbin/php-fpm8.2 ; argv[]=php-fpm8.2 -y {config} ; }}"
    files.host.shim("systemctl", f"cat <<'END'\nId=php8.2-fpm.service\nMainPID=0\n{start}\nUser=\nEND\n")
    monkeypatch.setenv("PATH", f"{files.host.shims}:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(files.host.home))
    return files


def look() -> None:
    """What a build asks first."""
    runtime.check(Made(site={"runtime_files": [[FILE, False]]}), ("php8.2-fpm",))


def test_one_that_a_pool_could_read_and_could_not_read_its_copy_is_refused(nobodys: Files) -> None:
    os.chown(nobodys.kept, -1, 65534)
    what = "is readable for the group nogroup, which ftsuser is not in: nobody, who runs php-fpm, could not"
    with pytest.raises(Failed, match=what) as refused:
        look()
    assert refused.value.next.startswith("sudo usermod -aG nogroup ftsuser #")


@pytest.mark.parametrize(("group", "mode"), [(65534, 0o644), (65534, 0o600), (GROUP, 0o640)])
def test_one_that_no_pool_loses_is_copied(nobodys: Files, group: int, mode: int) -> None:
    os.chown(nobodys.kept, -1, group)
    nobodys.kept.chmod(mode)
    look()


@pytest.mark.parametrize(("mode", "named"), [(0o640, True), (0o644, False), (0o600, False)])
@pytest.mark.parametrize(
    "systemctl", ["exit 1", "printf 'Id=php8.2-fpm.service\\nExecStart={ path=/usr/sbin/php-fpm8.2 ; }\\n'"]
)
def test_where_nobody_knows_the_pools_a_group_that_is_lost_is_named(
    nobodys: Files, systemctl: str, mode: int, named: bool
) -> None:
    nobodys.host.shim("systemctl", systemctl)
    os.chown(nobodys.kept, -1, GROUP)
    nobodys.kept.chmod(mode)
    run = Made(site={"runtime_files": [[FILE, False]]})
    runtime.check(run, ("php8.2-fpm",))
    warned = [event[1] for event in run.events if event[0] == "warn"]
    what = f"runtime file {nobodys.kept} is readable for the group {grp.getgrgid(GROUP).gr_name}, which ftsuser is not in"
    assert warned == ([f"{what}: its copy is not, and whom php-fpm runs as cannot be learned here"] if named else [])
    checked = Made("check", site={"runtime_files": [[FILE, False]]})
    state.check_runtime(checked, ("php8.2-fpm",))
    assert [event[2] for event in checked.events if event[:2] == ("check", "warn")] == warned
