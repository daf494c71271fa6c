"""Who could read a runtime file can read its copy: its group is kept, or the copy is refused before anything is built."""

import os
import stat
from pathlib import Path

import pytest

from tasks.host import acl
from tasks.host.build import runtime
from tasks.host.failure import Failed
from tasks.host.runtime import readers
from tests.functions.made import Made
from tests.functions.runtime_files import FILE, Files
from tests.support.acl import named
from tests.support.host import LocalHost

GROUP = 33
"""Of www-data on Debian; any that is not the release user's own."""


@pytest.fixture
def files(host: LocalHost) -> Files:
    made = Files(host)
    made.kept.write_text("KEY=value of it\n")
    made.kept.chmod(0o640)
    return made


def given(path: Path) -> tuple[int, int]:
    return path.stat().st_gid, stat.S_IMODE(path.stat().st_mode)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to any group")
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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to any group")
def test_one_that_a_pool_could_read_and_could_not_read_its_copy_is_refused(nobodys: Files) -> None:
    os.chown(nobodys.kept, -1, 65534)
    what = "is readable for the group nogroup, which ftsuser is not in: nobody, who runs php-fpm, could not"
    with pytest.raises(Failed, match=what) as refused:
        look()
    assert refused.value.next.startswith("sudo usermod -aG nogroup ftsuser #")


@pytest.mark.parametrize(("group", "mode"), [(65534, 0o644), (65534, 0o600), (GROUP, 0o640)])
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to any group")
def test_one_that_no_pool_loses_is_copied(nobodys: Files, group: int, mode: int) -> None:
    os.chown(nobodys.kept, -1, group)
    nobodys.kept.chmod(mode)
    look()


ME = os.stat_result((0o100640, 0, 0, 1, 1000, 50, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("entries", "user", "groups", "may"),
    [
        (acl.by_mode(0o640), 1000, (), True),
        (acl.by_mode(0o040), 1000, (50,), False),
        (acl.by_mode(0o640), 33, (50,), True),
        (acl.by_mode(0o640), 33, (51,), False),
        (acl.by_mode(0o604), 33, (50,), False),
        (acl.by_mode(0o604), 33, (51,), True),
        ({**acl.by_mode(0o600), (acl.USER, 33): 4, (acl.MASK, acl.NOBODY): 4}, 33, (), True),
        ({**acl.by_mode(0o604), (acl.USER, 33): 4, (acl.MASK, acl.NOBODY): 0}, 33, (), False),
        ({**acl.by_mode(0o600), (acl.GROUP, 60): 4, (acl.MASK, acl.NOBODY): 4}, 33, (60,), True),
        ({**acl.by_mode(0o604), (acl.GROUP, 60): 0, (acl.MASK, acl.NOBODY): 7}, 33, (60,), False),
    ],
)
def test_who_may_read_is_decided_as_the_kernel_decides(
    entries: dict[tuple[int, int], int], user: int, groups: tuple[int, ...], may: bool
) -> None:
    assert acl.may(entries, ME, 50, user, groups, 4) is may


def test_an_acl_is_given_back_with_the_former_file(files: Files) -> None:
    first = files.release()
    entries = {**acl.by_mode(0o640), (acl.USER, 4321): 4, (acl.MASK, acl.NOBODY): 4}
    with files.of(first).open() as file:
        acl.write(file.fileno(), entries)
    files.release()
    files.live.write_text("KEY=another value\n")
    with files.live.open() as file:
        acl.write(file.fileno(), acl.by_mode(0o640) | {(acl.MASK, acl.NOBODY): 4})
    files.roll_back()
    assert named(files.of(first), 4321) == ""
    files.roll_back(files="own")
    assert named(files.of(first), 4321) == "r--"
