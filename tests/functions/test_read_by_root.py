"""What root reads, with what it includes, and who else can write it or a directory on the way."""

import os
from pathlib import Path

import pytest

from tasks.host.access import Viewer
from tasks.host.leads import way
from tasks.host.services import read_by_root, supervisor
from tasks.host.services.read_by_root import of_php_fpm, of_supervisor, of_unit, writable

THEIRS = Viewer("ftsuser", 54321, frozenset({54321}))
EXEC = "{{ path={0} ; argv[]={0} {1} ; ignore_errors=no }}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of root's; what is above it is looked at no more."""
    tmp_path.chmod(0o755)
    monkeypatch.setattr(read_by_root, "way", lambda path: [name for name in way(path) if name.startswith(str(tmp_path))])
    return tmp_path


def test_what_is_roots_alone_is_well(folder: Path) -> None:
    (folder / "nginx.conf").touch(0o644)
    assert writable(THEIRS, str(folder / "nginx.conf")) == ""


@pytest.mark.parametrize("what", ["the file", "its directory", "their own file", "a link", "a pattern", "a file to come"])
def test_whoever_can_write_a_file_or_a_name_on_its_way_is_found(folder: Path, what: str) -> None:
    inner = folder / "inner"
    inner.mkdir(0o755)
    file = inner / "site.conf"
    file.touch(0o644)
    asked, found = file, file
    if what == "the file":
        file.chmod(0o646)
    elif what == "its directory":
        inner.chmod(0o757)
        found = inner
    elif what == "their own file":
        os.chown(file, THEIRS.uid, 0)
    elif what == "a link":
        file.chmod(0o646)
        asked = folder / "link"
        asked.symlink_to(file)
    else:
        inner.chmod(0o757)
        asked, found = inner / ("*.conf" if what == "a pattern" else "later.conf"), inner
    assert writable(THEIRS, str(asked)) == str(found)


def test_in_a_directory_where_others_names_stay_theirs_a_file_of_roots_is_well(folder: Path) -> None:
    folder.chmod(0o1777)
    (folder / "nginx.conf").touch(0o644)
    assert writable(THEIRS, str(folder / "nginx.conf")) == ""
    assert writable(THEIRS, str(folder / "*.conf")) == str(folder)


def test_nginx_reads_what_it_includes_and_loads(tmp_path: Path) -> None:
    main, inner = tmp_path / "nginx.conf", tmp_path / "site.conf"
    main.write_text(f"load_module /opt/m.so; http {{ include site*.conf; include {tmp_path}/gone/*.conf; }}")
    inner.write_text("server { include /srv/source/nginx.conf; }")
    unit = {
        "ExecStart": EXEC.format("/usr/sbin/nginx", f"-c {main}"),
        "FragmentPath": "/lib/nginx.service",
        "DropInPaths": "/etc/a.conf /etc/b.conf",
    }
    gone = str(tmp_path / "gone/*.conf")
    named = {"/lib/nginx.service", "/etc/a.conf", "/etc/b.conf", "/srv/source/nginx.conf", "/opt/m.so"}
    assert {*named, str(main), str(inner), gone} <= set(of_unit(unit))


def test_php_fpm_reads_its_pools_and_the_php_ini_beside(tmp_path: Path) -> None:
    (tmp_path / "pool.d").mkdir()
    (tmp_path / "conf.d").mkdir()
    main, pool = tmp_path / "php-fpm.conf", tmp_path / "pool.d/www.conf"
    main.write_text(f"[global]\ninclude = {tmp_path}/pool.d/*.conf\n")
    pool.write_text("[www]\n include=/srv/source/pool.conf\n")
    (tmp_path / "conf.d/10-x.ini").touch()
    found = set(of_php_fpm(str(main)))
    assert {str(main), str(pool), "/srv/source/pool.conf", f"{tmp_path}/php.ini", f"{tmp_path}/conf.d/10-x.ini"} <= found


def test_supervisor_reads_what_it_includes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main = tmp_path / "supervisord.conf"
    main.write_text("[supervisord]\n[include]\nfiles = conf.d/*.conf /srv/source/supervisor.conf\n")
    monkeypatch.setattr(supervisor, "MAIN", (str(main),))
    assert of_supervisor() == [str(main), f"{tmp_path}/conf.d/*.conf", "/srv/source/supervisor.conf"]
