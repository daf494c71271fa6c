"""Php-fpm is asked over its own socket what it serves; what it answers decides, and not that its reload has returned."""

import pytest

from tests.host.booted.following import Following
from tests.support.booted import Booted

RELOAD = [{"systemd": "php8.2-fpm", "action": "reload"}]


@pytest.fixture(scope="module")
def site(booted: Booted, tmp_path_factory: pytest.TempPathFactory) -> Following:
    """A site of a few lines, served by php-fpm."""
    return Following(booted, tmp_path_factory.mktemp("site")).set_up()


def test_php_fpm_whose_workers_stay_is_found_out(site: Following) -> None:
    site.override("php8.2-fpm", "ExecReload=\nExecReload=/bin/true")
    said = site.refused("post-release", RELOAD)
    assert "php-fpm: pool www) has run since 20" in said
    site.override("php8.2-fpm", "")


def test_php_fpm_is_asked_by_a_file_that_is_roots_and_one_that_was_changed_is_made_anew(site: Following) -> None:
    probe = "/usr/local/lib/release-probe/php-fpm.php"
    site.deploy(RELOAD)
    whole = site.host.sh(f"md5sum {probe}; stat -c '%U %a' {probe}")
    assert whole.endswith("root 644")
    site.host.sh(f"echo '<?php echo 1;' >{probe}; chmod 666 {probe}")
    site.deploy(RELOAD)
    assert site.host.sh(f"md5sum {probe}; stat -c '%U %a' {probe}") == whole


def test_php_fpm_that_still_answers_with_the_code_of_another_release_is_found_out(site: Following) -> None:
    old = site.deploy(RELOAD)
    site.release()
    with site.asked(f"/home/ftsuser/releases/{old}/public/index.php"):
        said = site.refused("post-release", RELOAD)
    assert f"still runs code of {old}" in said


def test_pools_that_cannot_read_the_site_are_said_to(site: Following) -> None:
    site.host.sh("gpasswd --delete www-data ftsuser; systemctl restart php8.2-fpm")
    said = site.refused("post-release", RELOAD)
    assert "its user cannot read /home/ftsuser/source" in said
    site.host.sh("gpasswd --add www-data ftsuser; systemctl restart php8.2-fpm")
