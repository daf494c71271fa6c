"""What root reads, with what it includes, and who else can write it or a directory on the way."""

import os
from pathlib import Path

import pytest

from tasks.host.access import Viewer
from tasks.host.leads import way
from tasks.host.services import read_by_root, supervisor, written_by_root
from tasks.host.services.read_by_root import of_php_fpm, of_supervisor, of_unit, writable
from tests.functions.made import Made

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
    assert writable(THEIRS, str(folder / "gone.conf")) == writable(THEIRS, str(folder / "gone/*.conf")) == str(folder)


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


READ = {
    "an environment": {"EnvironmentFiles": "/etc/a.env (ignore_errors=no)\n/srv/x.env (ignore_errors=yes)"},
    "a path": {"Environment": "A=b PATH=/usr/bin:/srv/bin"},
    "a prefix of nginx": {"ExecStart": EXEC.format("/usr/sbin/nginx", "-p /srv/nginx/ -c x.conf")},
    "a directory of php.ini": {"ExecStart": EXEC.format("/usr/sbin/php-fpm8.2", "-c /srv/php --fpm-config /x")},
    "a php.ini": {"ExecStart": EXEC.format("/usr/sbin/php-fpm8.2", "--php-ini=/srv/php.ini -y /x")},
}


@pytest.mark.parametrize("user", ["", "www-data"])
@pytest.mark.parametrize("what", READ)
def test_a_unit_of_roots_reads_what_it_is_given(what: str, user: str) -> None:
    unit = {"ExecStart": EXEC.format("/usr/sbin/nginx", ""), "User": user, **READ[what]}
    assert [place for place, (said, _) in of_unit(unit).items() if place.startswith("/srv") and said.startswith("root reads")]


def test_a_unit_of_another_reads_its_environment_as_root_only_for_commands_that_are_roots() -> None:
    unit = {"User": "ftsuser", "EnvironmentFiles": "/srv/x.env (ignore_errors=no)", "ExecStart": EXEC.format("/bin/true", "")}
    privileged = "{ path=/x ; argv[]=/bin/true ; flags=privileged ; pid=0 }"
    assert list(of_unit(unit)) == []
    assert "/srv/x.env" in of_unit({**unit, "ExecStartPreEx": privileged})


@pytest.mark.parametrize(
    "line", ["extension=/srv/x.so", 'zend_extension = "/srv/x.so"', "extension_dir=/srv/x", "extension=../srv/x.so"]
)
@pytest.mark.parametrize("place", ["php.ini", "conf.d/10-x.ini", "own/php.ini"])
def test_php_fpm_loads_the_extensions_of_each_php_ini(tmp_path: Path, line: str, place: str) -> None:
    main, ini = tmp_path / "php-fpm.conf", tmp_path / place
    main.touch()
    ini.parent.mkdir(exist_ok=True)
    ini.write_text(f"[PHP]\n;extension=/etc/x.so\n{line}\n")
    found = [os.path.normpath(each) for each in of_php_fpm(str(main), str(tmp_path / "own"))]
    assert [each for each in found if each.startswith("/srv/x")]
    assert "/etc/x.so" not in found


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
    assert list(of_supervisor()) == [str(main), f"{tmp_path}/conf.d/*.conf", "/srv/source/supervisor.conf"]


@pytest.mark.parametrize(
    ("about", "read"),
    [
        ({"User": ""}, True),
        ({"User": "root", "DynamicUser": "no"}, True),
        ({"User": "ftsuser"}, False),
        ({"User": "", "DynamicUser": "yes"}, False),
    ],
)
def test_a_program_and_the_files_among_its_words_are_read_by_root_where_they_are_run_as_root(
    tmp_path: Path, about: dict[str, str], read: bool
) -> None:
    console = tmp_path / "console"
    console.touch()
    unit = {"ExecStart": EXEC.format("/opt/server", f"{console} /no/file run"), **about}
    assert list(of_unit(unit)) == (["/opt/server", str(console)] if read else [])


LOGS = {
    "a unit": ({"StandardOutput": "append:{0}", "StandardError": "journal"}, "", ""),
    "a unit's errors": ({"StandardOutput": "inherit", "StandardError": "file:{0}"}, "", ""),
    "nginx": ({}, "/usr/sbin/nginx", "http {{ server {{ access_log {0} combined; }} }}"),
    "nginx's errors": ({}, "/usr/sbin/nginx", "error_log {0} warn;"),
    "php-fpm": ({}, "/usr/sbin/php-fpm8.2", "[global]\nerror_log = {0}\n"),
    "a pool": ({}, "/usr/sbin/php-fpm8.2", "[www]\nslowlog = {0}\n"),
    "nginx's pid": ({}, "/usr/sbin/nginx", "pid {0};"),
    "nginx's bodies": ({}, "/usr/sbin/nginx", "http {{ client_body_temp_path {0} 1 2; }}"),
    "nginx's cache": ({}, "/usr/sbin/nginx", "http {{ proxy_cache_path {0} keys_zone=a:1m; }}"),
    "nginx's socket": ({}, "/usr/sbin/nginx", "http {{ server {{ listen unix:{0}; }} }}"),
    "php-fpm's pid": ({}, "/usr/sbin/php-fpm8.2", "[global]\npid = {0}\n"),
    "a pool's socket": ({}, "/usr/sbin/php-fpm8.2", "[www]\nlisten = {0}\n"),
    "a pool's requests": ({}, "/usr/sbin/php-fpm8.2", "[www]\naccess.log = {0}\n"),
}


@pytest.mark.parametrize("whose", LOGS)
@pytest.mark.parametrize("theirs", [True, False])
def test_what_root_opens_to_write_where_they_can_put_a_link_is_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch, whose: str, theirs: bool
) -> None:
    (folder / "log").mkdir(0o777 if theirs else 0o755)
    (folder / "log").chmod(0o777 if theirs else 0o755)
    log, main = folder / "log/site.log", folder / "main.conf"
    about, program, text = LOGS[whose]
    main.write_text(text.format(log))
    flag = "--fpm-config" if "fpm" in program else "-c"
    unit = {key: value.format(log) for key, value in about.items()}
    unit |= {"ExecStart": EXEC.format(program, f"{flag} {main}")} if program else {}
    monkeypatch.setattr(written_by_root, "viewer", lambda _: THEIRS)
    found = written_by_root.found(Made(), [unit], {})
    expected = f"root writes {log}, and ftsuser can write {folder / 'log'}: a link there leads root elsewhere"
    assert [what for what, _ in found] == ([expected] if theirs else [])


def test_so_is_a_log_of_supervisor_or_of_a_program_of_it_and_no_other_word(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.chmod(0o777)
    monkeypatch.setattr(written_by_root, "viewer", lambda _: THEIRS)
    programs = {
        "supervisord": {"logfile": f"{folder}/a"},
        "program:x": {"stdout_logfile": f"{folder}/b", "stderr_logfile": "AUTO", "command": f"{folder}/c"},
        "program:y": {"stdout_logfile": "/dev/stdout", "stderr_logfile": "NONE"},
    }
    found = written_by_root.found(Made(), [], programs)
    assert [what.split(",")[0] for what, _ in found] == [f"root writes {folder}/a", f"root writes {folder}/b"]
