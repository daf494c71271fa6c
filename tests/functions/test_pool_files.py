"""The configuration of php-fpm, read from its files."""

from pathlib import Path

import pytest

from tasks.host.check.serving import Fpm
from tasks.host.services.units import address, read, seconds

Sections = dict[str, dict[str, str]]

MAIN = """\
; a comment
[global]
pid = /run/php.pid
error_log=/var/log/php.log ; why
include={folder}/pool.d/*.conf
"""
POOLS = """\
[www]
user = www-data
group = www-data
listen = /run/php/$pool.sock
include = {folder}/www/*.conf
pm.max_children = 7
env[PATH] = "/usr/bin:/bin;x"
; pm.max_children = 70

[api]
user = api
listen = 127.0.0.1:9001
pm.max_children = 3
[global]
process_control_timeout = 2m
"""


@pytest.fixture
def sections(tmp_path: Path) -> Sections:
    (tmp_path / "pool.d").mkdir()
    (tmp_path / "php-fpm.conf").write_text(MAIN.format(folder=tmp_path))
    (tmp_path / "pool.d" / "www.conf").write_text(POOLS.replace("{folder}", str(tmp_path)))
    (tmp_path / "www").mkdir()
    for name in ("access", "slow"):
        (tmp_path / "www" / f"{name}.conf").write_text(f"{name}.log = /var/log/$pool.{name}")
    return read(str(tmp_path / "php-fpm.conf"))


def test_every_pool_of_every_file_is_there(sections: Sections) -> None:
    assert set(sections) == {"global", "www", "api"}
    assert (sections["www"]["user"], sections["www"]["listen"]) == ("www-data", "/run/php/www.sock")


def test_a_global_section_in_an_included_file_counts(sections: Sections) -> None:
    assert sections["global"]["process_control_timeout"] == "2m"


def test_a_file_that_a_pool_includes_is_the_pools(sections: Sections) -> None:
    assert (sections["www"]["access.log"], sections["www"]["slow.log"]) == ("/var/log/www.access", "/var/log/www.slow")


def test_comments_and_quotes_are_no_part_of_a_value(sections: Sections) -> None:
    assert sections["global"]["error_log"] == "/var/log/php.log"
    assert sections["www"]["env[PATH]"] == "/usr/bin:/bin;x"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        *(("10", 10), ("10s", 10), (" 2m ", 120), ("1h", 3600), ("0", 0), ("", 0), ("soon", 0)),
        *(("1min 30s", 90), ("500ms", 0.5), ("1h 1min", 3660)),
    ],
)
def test_a_time_is_in_seconds_as_php_fpm_reads_it_and_as_systemctl_shows_it(text: str, found: float) -> None:
    assert seconds(text) == pytest.approx(found)


@pytest.mark.parametrize(
    ("nginx", "php"),
    [
        ("unix:/run/php/a.sock", "/run/php/a.sock"),
        ("unix:/run/php/../php/a.sock:", "/run/php/a.sock"),
        ("127.0.0.1:9000", "9000"),
        ("localhost:9000", "127.0.0.1:9000"),
        ("[::1]:9000", "[::]:9000"),
    ],
)
def test_both_sides_of_a_socket_have_one_address(nginx: str, php: str) -> None:
    assert address(nginx) == address(php)


def test_the_users_are_those_of_the_pools_that_nginx_reaches(sections: Sections) -> None:
    fpm = Fpm("php8.2-fpm", "reload", "", "", sections)
    assert fpm.users({address("unix:/run/php/www.sock")}) == {"www-data": "www-data"}
    assert fpm.users({address("127.0.0.1:9001")}) == {"api": ""}
    assert fpm.users(set()) == {"www-data": "www-data", "api": ""}


def test_a_file_that_may_not_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="none"):
        read(str(tmp_path / "none"))
