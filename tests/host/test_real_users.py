"""Releases on a host with real users: whose the files are, who may go where, what is live."""

import pytest

from tests.support.acme import Acme

HOME = "/home/ftsuser"
SERVED = [
    "root: systemctl reload php8.2-fpm",
    "root: systemctl restart messenger-worker@*",
    "root: supervisorctl restart releases",
]


def test_check_finds_nothing_to_do_after_setup(acme: Acme) -> None:
    said = acme.fab("check").out
    assert "FAIL" not in said
    assert "messenger-worker@*" in said


def test_check_changes_nothing(acme: Acme) -> None:
    before = acme.host.snapshot()
    acme.fab("check")
    assert acme.host.snapshot() == before


def test_check_of_a_host_that_is_not_set_up_changes_nothing(bare: Acme) -> None:
    before = bare.host.snapshot()
    assert "fab -H prod setup" in bare.fab("check", code=3).out
    assert bare.host.snapshot() == before


def test_deploy_makes_its_commit_live(acme: Acme) -> None:
    acme.deploy()
    assert acme.page() == "first"


def test_everything_of_a_release_belongs_to_release_user(acme: Acme) -> None:
    acme.deploy()
    assert acme.host.sh(f"find {HOME} ! '(' -user ftsuser -group ftsuser ')'") == ""


def test_service_user_cannot_enter_the_home_and_post_release_works(acme: Acme) -> None:
    assert acme.host.run(f"ls {HOME}/releases", "ubuntu").returncode == 2
    acme.deploy()
    assert [call for call in acme.host.service_calls() if call.startswith("root: ") and " status " not in call] == SERVED
    assert not acme.status["post_release_pending"]


def test_service_user_leaves_nothing_behind(acme: Acme) -> None:
    before = acme.host.sh("find /home/ubuntu | sort")
    acme.deploy()
    assert acme.host.sh("find /home/ubuntu /tmp -user ubuntu | sort") == before


def test_runtime_file_keeps_mode_and_time_from_release_to_release(acme: Acme) -> None:
    file = "source/.env.local"
    acme.host.sh("touch -d 2020-02-03T04:05:06Z runtime/source/.env.local", "ftsuser")
    for _ in range(2):
        acme.deploy()
        assert acme.host.sh(f"stat -c '%a %U %Y' {file}", "ftsuser") == "640 ftsuser 1580702706"


def test_runtime_file_keeps_a_group_that_release_user_is_in(acme: Acme) -> None:
    acme.host.sh("usermod -aG www-data ftsuser; chgrp www-data /home/ftsuser/runtime/source/.env.local")
    for _ in range(2):
        acme.deploy()
        assert acme.host.sh("stat -c '%a %U %G' source/.env.local", "ftsuser") == "640 ftsuser www-data"


def test_rollback_brings_the_release_before_back(acme: Acme) -> None:
    acme.deploy()
    first = acme.live
    acme.push({"page": "second\n"})
    acme.deploy()
    assert acme.page() == "second"
    acme.fab("rollback")
    assert (acme.live, acme.page()) == (first, "first")


def test_rollback_makes_the_services_follow(acme: Acme) -> None:
    acme.deploy()
    acme.deploy()
    acme.fab("rollback")
    assert acme.host.starts("php8.2-fpm.service") == 3


@pytest.mark.parametrize("variable", ["RELEASE_PATH", "RELEASE_NAME", "RELEASE_REF", "RELEASE_COMMIT", "LIVE_LINK_NAME"])
def test_service_user_is_told_which_release_it_is(acme: Acme, variable: str) -> None:
    acme.write(services=[{"run": f'echo "${variable}" >/tmp/told'}])
    acme.deploy()
    live = acme.status["live"]
    expected = {
        "RELEASE_PATH": f"{HOME}/releases/{acme.live}",
        "RELEASE_NAME": acme.live,
        "RELEASE_REF": "master",
        "RELEASE_COMMIT": live["commit"],
        "LIVE_LINK_NAME": "source",
    }
    assert acme.host.sh("cat /tmp/told") == expected[variable]


def test_failing_service_puts_the_release_before_back(acme: Acme) -> None:
    acme.deploy()
    first = acme.live
    acme.push({"page": "second\n"})
    only_asked = '#!/bin/sh\n[ "$1" = status ] && exec bash /srv/supervisorctl "$@"\nexit 1\n'
    acme.host.write("/usr/local/bin/supervisorctl", only_asked, "root", "755")
    acme.deploy(code=5)
    assert (acme.live, acme.page()) == (first, "first")


def test_live_directory_becomes_a_release_without_a_gap(bare: Acme) -> None:
    bare.host.sh("mkdir source && echo by hand >source/page", "ftsuser")
    bare.fab("setup")
    assert bare.page() == "by hand"
    assert bare.names == [bare.live]


def test_live_directory_of_somebody_else_is_left_alone(bare: Acme) -> None:
    bare.host.sh("mkdir /home/ftsuser/source && echo by root >/home/ftsuser/source/page", "root")
    assert "belongs to root" in bare.fab("setup", code=3).err
    assert bare.page() == "by root"


@pytest.mark.parametrize("closing", ["chown root var/cache; chmod 700 var/cache", "chmod 0 var/cache"])
def test_a_live_directory_becomes_a_release_though_a_part_of_it_is_closed(bare: Acme, closing: str) -> None:
    live = f"{HOME}/source"
    bare.host.sh(f"mkdir -p {live}/var/cache; echo old >{live}/page; chown -R ftsuser: {live}; cd {live}; {closing}")
    assert f"{live}/var/cache cannot be read by ftsuser" in bare.fab("setup").said
    assert bare.host.sh(f"test -L {live}; cat {live}/page; ls {HOME}/releases").startswith("old\nsource-")
