"""Who could read a runtime file can read its copy: its group is kept, or the copy is refused before anything is built."""

import os

import pytest

from tasks.host import acl
from tests.functions.runtime_files import Files
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
