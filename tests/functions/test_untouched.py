"""Promise 1: the live site is never touched by a build, whether it goes well or fails."""

import os

import pytest

from tests.support.host import LocalHost
from tests.support.snapshot import snapshot

FAILING: dict[str, dict[str, object]] = {
    "bootstrap": {"apps": {"web": {"bootstrap": ["echo > new", "exit 1"]}}},
    "publish": {"publish": ["echo > new", "exit 1"]},
    "verify": {"verify": ["exit 1"]},
    "runtime": {"runtime_files": [".env.local", "missing"]},
    "link": {"persistent_links": {"public": "/nowhere/at/all"}},
}


@pytest.fixture
def served(host: LocalHost) -> LocalHost:
    host.origin.commit({"with space/é\n": "x", "run": "#!/bin/sh\n"}, links={"link": "index.html"})
    name = host.release()
    (host.releases / name / ".env.local").write_text("KEY=the value of it\n")
    os.utime(host.releases / name / ".env.local", ns=(1, 1_000_000_007))
    return host


def test_a_build_changes_nothing_of_what_is_live(served: LocalHost) -> None:
    served.use(runtime_files=[".env.local"], publish=["touch index.html"], apps={"web": {"bootstrap": ["date > index.html"]}})
    before, link = snapshot(served.live.resolve()), served.live.lstat()
    assert served.build().code == 0
    assert snapshot(served.live.resolve()) == before
    assert served.live.lstat() == link


@pytest.mark.parametrize("where", FAILING)
def test_a_build_that_fails_changes_nothing_of_what_is_live(served: LocalHost, where: str) -> None:
    served.use(**FAILING[where])
    before, link = snapshot(served.live.resolve()), served.live.lstat()
    done = served.build()
    assert done.code == 3
    assert done.failure
    assert snapshot(served.live.resolve()) == before
    assert served.live.lstat() == link
    served.assert_clean()


def test_removing_a_failed_build_leaves_the_modes_of_files_that_a_cache_links_into_both(served: LocalHost) -> None:
    shared = served.live.resolve() / "index.html"
    shared.chmod(0o444)
    served.use(
        apps={"web": {"bootstrap": [f"mkdir locked && ln {shared} locked/file && chmod 500 locked && exit 1"]}},
    )
    served.shim(
        "rm", '[[ $* == *releases* || -n $(find "${@: -1}" -type d ! -perm -u=w 2>/dev/null) ]] && exit 1\nexec $REAL "$@"'
    )
    assert served.build().code == 3
    assert shared.stat().st_mode & 0o777 == 0o444
