"""What `php-fpm -tt` prints, read as pools: users, sockets, and how long a reload waits for requests."""

from pathlib import Path

import pytest

from tasks.host.programs import Done
from tasks.host.services import basedir, fpm
from tasks.host.services.units import read_dump
from tests.functions.made import Made

SAID = """\
[22-Nov-2026 17:47:43] NOTICE: [global]
[22-Nov-2026 17:47:43] NOTICE: \tpid = /run/php/php8.2-fpm.pid
[22-Nov-2026 17:47:43] NOTICE: \tprocess_control_timeout = 10s
[22-Nov-2026 17:47:43] NOTICE: \tprocess.priority = undefined
[22-Nov-2026 17:47:43] NOTICE: \x20
[22-Nov-2026 17:47:43] NOTICE: [www]
[22-Nov-2026 17:47:43] NOTICE: \tprefix = undefined
[22-Nov-2026 17:47:43] NOTICE: \tuser = www-data
[22-Nov-2026 17:47:43] NOTICE: \tlisten = /run/php/php8.2-fpm.sock
[22-Nov-2026 17:47:43] NOTICE: \tlisten.owner = www-data
[22-Nov-2026 17:47:43] NOTICE: \tchroot = undefined
[22-Nov-2026 17:47:43] NOTICE: \tpm = dynamic
[22-Nov-2026 17:47:43] NOTICE: \tsecurity.limit_extensions = .php .phar
[22-Nov-2026 17:47:43] NOTICE: \x20
[22-Nov-2026 17:47:43] NOTICE: [api pool]
[22-Nov-2026 17:47:43] NOTICE: \tuser = api
[22-Nov-2026 17:47:43] NOTICE: \tlisten = 127.0.0.1:9001
[22-Nov-2026 17:47:43] NOTICE: \tchroot = /srv/jail
[22-Nov-2026 17:47:43] NOTICE: \tenv[QUERY] = a = b
[22-Nov-2026 17:47:43] NOTICE: \x20
[22-Nov-2026 17:47:43] NOTICE: configuration file /etc/php/8.2/fpm/php-fpm.conf test is successful

"""


def test_every_pool_has_its_user_and_its_socket() -> None:
    pools = read_dump(SAID)[1]
    assert {name: (pool["user"], pool["listen"]) for name, pool in pools.items()} == {
        "www": ("www-data", "/run/php/php8.2-fpm.sock"),
        "api pool": ("api", "127.0.0.1:9001"),
    }


def test_what_is_not_set_is_empty() -> None:
    assert [pool["chroot"] for pool in read_dump(SAID)[1].values()] == ["", "/srv/jail"]


def test_a_value_may_hold_an_equals_sign_and_spaces() -> None:
    pools = read_dump(SAID)[1]
    assert (pools["api pool"]["env[QUERY]"], pools["www"]["security.limit_extensions"]) == ("a = b", ".php .phar")


@pytest.mark.parametrize(("said", "seconds"), [("10s", 10), ("0s", 0), ("undefined", 0)])
def test_the_timeout_of_a_reload_is_in_seconds(said: str, seconds: int) -> None:
    assert read_dump(SAID.replace("10s", said))[0] == seconds


def test_a_php_fpm_that_logs_for_debugging_is_read_too() -> None:
    debugging = SAID.replace("43] NOTICE: ", "43.012345] NOTICE: pid 812, fpm_conf_dump(), line 1670: ")
    assert read_dump(debugging) == read_dump(SAID)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[22-Nov-2026 17:47:43] ERROR: failed to open error_log: Permission denied (13)\n", "Permission denied"),
        ("", "printed nothing"),
        ("bash: php-fpm8.2: command not found", "command not found"),
    ],
)
def test_a_php_fpm_that_prints_no_configuration_is_no_answer(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_dump(text)


PLACE = "/usr/local/lib/release-probe"
TESTED = "NOTICE: configuration file {}/php-fpm.conf test is successful"


@pytest.mark.parametrize(
    ("value", "closed"),
    [
        ("/home/ftsuser:/tmp", True),
        ("/home/ftsuser/", True),
        ("/usr/local/lib/release", True),
        (f"/home/ftsuser:{PLACE}", False),
        ("/home:/usr/local/lib/", False),
        ("/", False),
        (".:/tmp", False),  # nobody can know
        ("", False),
    ],
)
@pytest.mark.parametrize("where", ["php_admin_value", "php_value", "php.ini", "conf.d/99-site.ini", "php.d/site.ini"])
def test_a_pool_whose_open_basedir_keeps_the_probe_out_is_known_before_it_is_asked(
    tmp_path: Path, where: str, value: str, closed: bool
) -> None:
    ini = tmp_path / where
    ini.parent.mkdir(exist_ok=True)
    ini.write_text(f'; open_basedir = /nowhere\n open_basedir = "{value}" ; this\n')
    of_pool = {f"{where}[open_basedir]": value} if where.startswith("php_") else {}
    of_all = "" if of_pool else basedir.of_php(TESTED.format(tmp_path))
    assert basedir.is_closed(of_pool, of_all) == closed


def test_what_php_fpm_prints_of_no_file_has_no_open_basedir() -> None:
    assert basedir.of_php("") == ""


def test_pools_are_judged_before_the_probe_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = "[22-Nov-2026 17:47:43] NOTICE: \tphp_admin_value[open_basedir] = /srv\n"
    said = SAID.replace("[22-Nov-2026 17:47:43] NOTICE: \tuser = www-data\n", closed)
    monkeypatch.setattr(fpm, "serving", lambda _: ({"/run/php/php8.2-fpm.sock"}, "www.example.com"))
    monkeypatch.setattr(fpm, "installed", lambda: False)
    monkeypatch.setattr(fpm, "is_listened_to", lambda listen: listen.startswith("/"))
    answers = fpm.Answers(Made("post-release"), [("/usr/sbin/php-fpm8.2", said)])
    assert list(answers.troubles()) == [
        ("the pool www of php-fpm8.2", basedir.CLOSED, True),
        ("the pool api pool of php-fpm8.2", "nobody listens at its socket", True),
    ]
    monkeypatch.setattr(fpm, "is_listened_to", lambda _: True)
    assert [decides for *_, decides in answers.troubles()] == [True]


def test_a_pool_is_asked_under_the_name_of_its_site(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, str]] = []

    def ask(_pool: object, _link: str, given: dict[str, str]) -> Done:
        asked.append(given)
        return Done(1, basedir.REFUSED.encode())

    monkeypatch.setattr(fpm, "ask", ask)
    monkeypatch.setattr(fpm, "serving", lambda _: (set(), "www.example.com"))
    answers = fpm.Answers(Made("post-release"), [("/usr/sbin/php-fpm8.2", SAID)])
    assert {*answers.silence().values()} == {basedir.CLOSED}
    assert asked == [{"HTTP_HOST": "www.example.com", "SERVER_NAME": "www.example.com"}] * 2


@pytest.mark.parametrize(
    "answer",
    [
        "7",
        "[]",
        "{}",
        '{"live": 5, "others": {}}',
        '{"live": "/srv", "others": []}',
        '{"live": "/srv", "others": {"source-1": "many"}}',
        '{"live": "/srv", "others": {}, "error": "words of a page"}',
        '{"live": ' + "[" * 100_000,
    ],
)
def test_what_is_no_answer_of_the_probe_is_none(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(fpm, "ask", lambda *_: Done(0, answer.encode()))
    monkeypatch.setattr(fpm, "serving", lambda _: (set(), ""))
    answers = fpm.Answers(Made("post-release"), [("/usr/sbin/php-fpm8.2", SAID)])
    assert list(answers.silence()) == ["the pool www of php-fpm8.2", "the pool api pool of php-fpm8.2"]
    assert [line.partition(": ")[2] for line in answers.complaints()] == [fpm.ELSE] * 2
