"""The configuration of nginx, read from files: servers, what each place of theirs inherits, and where php-fpm is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.host.services.nginx import Configuration, Directive, Place, parse
from tasks.host.services.served import is_reached, passed_to

MAIN = """
user www-data staff; # who
events { worker_connections 768; }
http {
    include sites/*.conf;
    root /srv/all;
    upstream php { server unix:/run/php/a.sock; server 127.0.0.1:9000 weight=2; }
}
"""
SITE = r"""
server {
    listen 80 default_server; listen [::]:80;
    server_name _ www.example.com example.com;
    set $base /home/ftsuser/source;
    root "$base/public";
    location ~ \.php$ {
        fastcgi_pass php;
        include fastcgi_params;
        fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name;
        if ($request_method = POST) { fastcgi_pass unix:/run/php/b.sock; }
    }
    location /media { alias /mnt/media; }
    location ~ "^/[a-z]{2,3}/" { try_files $uri =404; }
    rewrite '^/(old;|new})$' /$1 last;
}
"""
PARAMS = "fastcgi_param DOCUMENT_ROOT $document_root;\nfastcgi_param SCRIPT_FILENAME $document_root;\n"
TEXT = st.text(st.sampled_from("""ab ;{}"'\\#$\n"""), max_size=60)


@pytest.fixture
def read(tmp_path: Path) -> Configuration:
    """The configuration of a site in files of its own."""
    (tmp_path / "sites").mkdir()
    (tmp_path / "nginx.conf").write_text(MAIN)
    (tmp_path / "fastcgi_params").write_text(PARAMS)
    (tmp_path / "sites" / "www.conf").write_text(SITE)
    return Configuration(str(tmp_path / "nginx.conf"))


def place(text: str, maps: str = "") -> Place:
    """The last place of a server with this in it."""
    return Written(text, maps).servers()[0].places[-1]


class Written(Configuration):
    """A configuration that lies in no file."""

    def __init__(self, server: str, more: str = "") -> None:
        self.folder, self.unread = "/nowhere", []
        self.tree = Directive("", [], parse("http { server {" + server + "} " + more + "}", "a file"), "a file")


def test_a_server_is_called_by_its_first_name_and_knows_its_file(read: Configuration, tmp_path: Path) -> None:
    (server,) = read.servers()
    assert (server.name, server.file) == ("www.example.com", str(tmp_path / "sites" / "www.conf"))


def test_a_server_without_a_name_is_called_by_what_it_listens_to() -> None:
    assert Written("listen 8080 ssl; server_name _;").servers()[0].name == "8080"
    assert Written("").servers()[0].name == "a server without a name"


def test_the_user_and_its_group_are_those_of_the_main_file(read: Configuration) -> None:
    assert read.user() == ["www-data", "staff"]
    assert Written("").user() == []


def test_a_variable_that_the_server_sets_is_put_in(read: Configuration) -> None:
    assert read.servers()[0].places[0].roots == ["/home/ftsuser/source/public"]


def test_variables_of_nginx_itself_stay(read: Configuration) -> None:
    assert read.servers()[0].places[1].param("SCRIPT_FILENAME") == ["$realpath_root$fastcgi_script_name"]


def test_of_two_parameters_of_one_name_php_takes_the_last() -> None:
    both = "fastcgi_param A first; fastcgi_param A second;"
    assert place(both).param("A") == ["second"]


def test_a_parameter_that_is_not_there_is_empty() -> None:
    assert place("").param("SCRIPT_FILENAME") == [""]


def test_parameters_are_inherited_only_where_a_place_has_none_of_its_own() -> None:
    outer = "fastcgi_param A outer; fastcgi_param B outer;"
    assert place(outer + "location / { fastcgi_pass x; }").param("B") == ["outer"]
    assert place(outer + "location / { fastcgi_param A inner; }").param("B") == [""]


def test_the_root_is_inherited_and_an_alias_is_one() -> None:
    assert place("root /a; location / { location /b { } }").root == "/a"
    assert place("root /a; location / { root /b; }").root == "/b"
    assert place("root /a; location / { alias /c; }").root == "/c"


def test_whom_requests_are_passed_to_is_not_inherited() -> None:
    assert place("location / { fastcgi_pass x; location /b { } }").passes == []


def test_an_upstream_is_the_servers_that_it_names(read: Configuration) -> None:
    assert read.sockets("php") == ["unix:/run/php/a.sock", "127.0.0.1:9000"]
    assert read.sockets("unix:/run/php/b.sock") == ["unix:/run/php/b.sock"]


CHOICES = {
    "a map": ("map $host $php { hostnames; default unix:/a; ~^b unix:/b; }", "", ["/a", "/b"]),
    "a map of texts with variables": ("map $host $v { default 8.1; } map $v $php { default unix:/run/$v; }", "", ["/run/8.1"]),
    "a map to an upstream": (
        "map $host $php { default up; } upstream up { server unix:/a; server unix:/b; }",
        "",
        ["/a", "/b"],
    ),
    "a geo": ("geo $remote_addr $php { default unix:/a; 10.0.0.0/8 unix:/b; }", "", ["/a", "/b"]),
    "a split": ("split_clients $remote_addr $php { 5% unix:/a; * unix:/b; }", "", ["/a", "/b"]),
    "set in an if": ("", "set $php unix:/a; if ($host = b) { set $php unix:/b; }", ["/a", "/b"]),
    "set in another location": ("", "location = / { set $php unix:/a; rewrite ^ /x; }", ["/a"]),
    "set within itself": ("", "set $php unix:/a; set $php $php;", ["/a", "$php"]),
    "what only nginx knows": ("map $host $php { ~^(?<name>.+)$ unix:/run/$name; }", "", ["/run/$name"]),
    "nothing": ("", "", ["$php"]),
}


@pytest.mark.parametrize("what", CHOICES)
def test_every_socket_that_a_variable_may_name_is_found(what: str) -> None:
    maps, sets, sockets = CHOICES[what]
    nginx = Written(sets + " location / { fastcgi_pass $php; }", maps)
    assert passed_to(nginx, nginx.servers()) == {*sockets}


def test_variables_of_another_server_are_not_this_ones() -> None:
    nginx = Written("location / { fastcgi_pass $php; }", "server { set $php unix:/b; }")
    assert passed_to(nginx, nginx.servers()) == {"$php"}


def test_a_text_that_may_come_to_too_many_values_is_unknown() -> None:
    many = " ".join(f"{number} {number};" for number in range(99))
    assert place("set $a $b$b; root $a;", f"map $host $b {{ {many} }}").roots == ["$a"]


@pytest.mark.parametrize(
    ("passed", "listens", "reached"),
    [
        ("/run/php.sock", "/run/php.sock", True),
        ("9000", "127.0.0.1:9000", True),
        ("/run/$pool.sock", "/run/www.sock", True),
        ("/run/${pool}.sock", "/run/www.socket", False),
        ("/srv/$pool.sock", "/run/www.sock", False),
        ("$php", "/run/www.sock", True),
        ("$php", "9000", True),
    ],
)
def test_a_variable_that_only_nginx_knows_may_stand_for_any_pool(passed: str, listens: str, reached: bool) -> None:
    assert is_reached(listens, {passed}) == reached


def test_every_root_that_a_map_may_name_is_a_path_of_the_server() -> None:
    (server,) = Written("root $top/public;", "map $host $top { default /srv/other; b /home/ftsuser/source; }").servers()
    assert {"/srv/other/public", "/home/ftsuser/source/public"} <= {*server.paths}


def test_every_place_that_passes_requests_is_found(read: Configuration) -> None:
    assert [each.passes for each in read.servers()[0].places] == [[], ["php"], ["unix:/run/php/b.sock"], [], []]


def test_quotes_keep_braces_and_semicolons_together() -> None:
    assert parse("""rewrite '^/(a;|b})$' "c d" \\; last;""", "")[0].words == ["^/(a;|b})$", "c d", ";", "last"]


def test_a_variable_in_braces_opens_no_block() -> None:
    assert parse("root ${base}/public; listen 80;", "")[0].words == ["${base}/public"]
    assert place("set $base /a; root ${base}/public;").roots == ["/a/public"]


def test_braces_without_a_name_are_passed_over() -> None:
    assert [each.name for each in parse("{ a b; } c d; }", "")] == ["c"]


def test_lua_is_not_read_as_configuration() -> None:
    lua = "content_by_lua_block { if x then return {1; 2} end; root /b; }"
    assert place("root /a; location / {" + lua + "}").root == "/a"


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text("http { include inner.conf; include none*.conf; }")
    (tmp_path / "inner.conf").mkdir()
    assert Configuration(str(tmp_path / "nginx.conf")).unread == [str(tmp_path / "inner.conf")]


def test_a_file_that_includes_itself_ends(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text("http { server { server_name a; } } include nginx.conf;")
    assert {server.name for server in Configuration(str(tmp_path / "nginx.conf")).servers()} == {"a"}


@given(TEXT)
def test_no_text_stops_the_reader(text: str) -> None:
    assert all(isinstance(each, Directive) for each in parse(text, "a file"))


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20), max_size=4))
def test_quoted_words_are_read_back_word_for_word(values: list[str]) -> None:
    quoted = ["'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'" for value in values]
    assert parse(" ".join(["name", *quoted]) + ";", "")[0].words == values
