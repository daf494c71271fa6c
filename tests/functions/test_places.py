"""Places are compared as they are on the host, through whatever links hosts.yml leads."""

import pytest

from tasks.phases import check, setup
from tests.support.host import LocalHost
from tests.support.lines import Lines


def test_builds_dir_that_is_the_home_by_another_name_is_refused(bare_host: LocalHost) -> None:
    bare_host.use(builds_dir=str(bare_host.home))
    before = sorted(bare_host.home.iterdir())
    done = bare_host.run(setup.setup(bare_host.environment), bare_host.new_run("setup"))
    assert (done.code, "are one place on this host" in done.failure) == (3, True)
    assert sorted(bare_host.home.iterdir()) == before


@pytest.mark.parametrize("through", ["a link", "two links"])
def test_a_host_on_which_two_places_became_one_is_refused_and_check_says_so(host: LocalHost, through: str) -> None:
    host.assert_live(host.release())
    (host.folder / "one").symlink_to(host.home)
    there = host.folder / "one"
    if through == "two links":
        (host.folder / "two").symlink_to("one")
        there = host.folder / "two"
    host.use(builds_dir=str(there))
    assert "are one place on this host" in host.run(setup.setup(host.environment), host.new_run("setup")).failure
    lines = Lines.of(host.run(check.check(host.environment), host.new_run("check")).all("check"))
    assert [line for line in lines.fail if "are one place on this host" in line]


def test_a_home_that_is_reached_through_a_link_is_no_trouble(host: LocalHost) -> None:
    (host.folder / "moved").mkdir()
    real = host.folder / "moved" / "home"
    host.home.rename(real)
    host.home.symlink_to(real)
    first, second = host.release(), host.release()
    host.finish(second)
    assert host.cut_over(verb="rollback").code == 0
    assert host.live.resolve() == real / "releases" / first
