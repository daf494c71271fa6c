"""The users of a php-fpm's pools, by the files that anybody may read: no root, and no process of php-fpm's own."""

from pathlib import Path

import pytest

from tasks.host.services.units import pool_users

NGINX = """\
Id=nginx.service
User=
MainPID=0
ExecStart={ path=/usr/sbin/nginx ; argv[]=/usr/sbin/nginx -g daemon on; ; ignore_errors=no ; pid=0 ; status=0/0 }
"""


def unit(config: object, *, binary: str = "/usr/sbin/php-fpm8.2", option: str = "--fpm-config ", user: str = "") -> str:
    """What systemctl shows of a php-fpm."""
    words = f"{binary} --nodaemonize {option}{config}" if config else f"{binary} --nodaemonize"
    start = f"{{ path={binary} ; argv[]={words} ; ignore_errors=no ; pid=0 ; status=0/0 }}"
    return f"MainPID=0\nExecStart={start}\nId={Path(binary).name}.service\nUser={user}\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration as Debian has it: one file that includes the pools."""
    pools = tmp_path / "fpm/pool.d"
    pools.mkdir(parents=True)
    (pools / "www.conf").write_text("[www]\nuser = www-data\ngroup = www-data\n;user = nobody\nlisten = /run/www.sock\n")
    (pools / "api.conf").write_text(
        '[api]\nuser="$pool"\nlisten.owner = www-data\nenv[user] = root\n\n[shop]\n  user=shop ; why\n'
    )
    (pools / "off.conf.disabled").write_text("[off]\nuser = off\n")
    file = tmp_path / "fpm/php-fpm.conf"
    file.write_text(f"[global]\nerror_log = /var/log/fpm.log\ninclude={pools}/*.conf\n")
    return file


@pytest.mark.parametrize("option", ["--fpm-config ", "--fpm-config=", "-y ", "-y"])
def test_a_unit_says_where_its_configuration_is(config: Path, option: str) -> None:
    assert pool_users(f"{NGINX}\n{unit(config, option=option)}") == {"www-data", "api", "shop"}


@pytest.mark.parametrize("binary", ["/usr/sbin/php-fpm8.2", "/opt/php/sbin/php-fpm", "/usr/bin/php8.3-fpm"])
def test_a_php_fpm_is_known_by_what_it_runs_and_not_by_the_name_of_its_unit(config: Path, binary: str) -> None:
    shown = unit(config, binary=binary).replace("Id=", "Id=site-")
    assert "www-data" in pool_users(shown)


@pytest.mark.parametrize("shown", ["", "\n", NGINX, "Id=none.service\nMainPID=0\nUser=\n", "MainPID=1\n"])
def test_other_units_have_no_pools(shown: str) -> None:
    assert pool_users(shown) == set()


def test_pools_that_name_nobody_run_as_the_user_of_the_unit(tmp_path: Path) -> None:
    (tmp_path / "fpm.conf").write_text("[www]\nlisten = 9000\n")
    assert pool_users(unit(tmp_path / "fpm.conf", user="site")) == {"site"}


def test_a_configuration_that_cannot_be_read_is_not_guessed_at(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="none"):
        pool_users(unit(tmp_path / "none"))


def test_a_php_fpm_that_is_stopped_and_names_no_file_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match=r"php-fpm8\.2\.service"):
        pool_users(unit(""))
