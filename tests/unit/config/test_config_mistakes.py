"""Every mistake is told with its place, what was expected, and the nearest known key."""

from collections.abc import Callable

import pytest

from tasks.errors import UsageError

Refused = Callable[[str | bytes], UsageError]

INSIDE = "expected a path inside the release (no leading / or ~, no ..), found"
WORD = "expected one word: no spaces, no control characters, no leading -"
ON_HOST = "expected a path that starts with / or ~/ and has no .., found"
PLAIN = "expected a plain name (no /, no leading - or ., no control characters), found"
KINDS = "expected a mapping with exactly one of systemd, supervisor and run"
KEY = 'expected a public host key: "ssh-ed25519 AAAA...", as `ssh-keyscan HOST` prints after the name'
URL = "expected a URL such as http://127.0.0.1/health"
PASSWORD = "holds a password or token, which every host would keep in clear: use an SSH key (git@HOST:PATH)"  # noqa: S105
VARIABLE = "expected the name of a variable: letters, digits and _, not starting with a digit"

ONE_KEY = [
    ("keep_release: 3", "keep_release: is not a known key, did you mean keep_releases?"),
    ("zzz: 3", "zzz: is not a known key"),
    ("addresses: [web1]", "addresses: is not a known key, did you mean address?"),
    ("name: prod", "name: is not a known key"),
    ("address: 10", "address: expected an address, or a list of addresses, found a whole number"),
    ("address: -oProxyCommand=x", f"address: {WORD}"),
    ("address: [web1, 'a b']", f"address[1]: {WORD}"),
    ("address: [Web1, wEB1]", "address[1]: 'wEB1' stands here twice"),
    ("repository: ''", "repository: must not be empty"),
    ("repository: --upload-pack=x", "repository: must not start with -"),
    ("repository: https://me:hunter2@example.com/a.git", f"repository: {PASSWORD}"),
    ("repository: https://me:hun/ter2@example.com/a.git", f"repository: {PASSWORD}"),
    ("repository: me:hunter2@example.com:a.git", f"repository: {PASSWORD}"),
    ("repository: https://ghp_0123456789@github.com/a.git", f"repository: {PASSWORD}"),
    ("release_user: a b", f"release_user: {WORD}"),
    ("release_user: me@host", "release_user: expected a user's name: no :, @ or /"),
    ('port: "22"', "port: expected a whole number, found text: take the quotes away"),
    ("port: ssh", "port: expected a whole number, found text"),
    ("port: true", "port: expected a whole number, found true or false"),
    ("port: 22.0", "port: expected a whole number, found a number with a point"),
    ("port: 0", "port: expected 1 or more, found 0"),
    ("port: 65536", "port: expected 65535 or less, found 65536"),
    ("host_key: ssh-ed25519", f"host_key: {KEY}"),
    ("host_key: ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA==", f"host_key: {KEY}"),
    ("builds_dir: builds", f"builds_dir: {ON_HOST} 'builds'"),
    ("builds_dir: ~other/builds", f"builds_dir: {ON_HOST} '~other/builds'"),
    ("builds_dir: ~/../builds", f"builds_dir: {ON_HOST} '~/../builds'"),
    ("builds_dir: ~", "builds_dir: expected text, found nothing (a lone ~: put quotes around it)"),
    ("releases_dir: ~/builds/", "releases_dir: must not be the same directory as builds_dir"),
    ("builds_dir: ~/releases/source-20260101T000000Z", "builds_dir: would lie in a release"),
    (
        "releases_dir: ~/builds/repo.git/x",
        "releases_dir: releases_dir ('~/builds/repo.git/x') would lie in '~/builds/repo.git', the repository of builds_dir",
    ),
    ("live_link: releases", "live_link: the live link ('~/releases') would be releases_dir"),
    ("live_link: a/b", f"live_link: {PLAIN} 'a/b'"),
    ("live_link: .source", f"live_link: {PLAIN} '.source'"),
    ("live_link: -source", f"live_link: {PLAIN} '-source'"),
    (r'live_link: "a\nb"', rf"live_link: {PLAIN} 'a\nb'"),
    ("live_link: repo.git", "live_link: 'repo.git' is where builds_dir keeps the repository: choose another name"),
    (
        "live_link: a-20261122T173432Z",
        "live_link: 'a-20261122T173432Z' reads like the name of a release: choose one that does not end in a time",
    ),
    ("keep_releases: 0", "keep_releases: expected 1 or more, found 0"),
    ("path: ~/.bun/bin", "path: expected a list, found text"),
    ("path: [a:b]", "path[0]: expected one directory: list several, do not join them with :"),
    ("env: [A=1]", "env: expected a mapping, found a list"),
    ("env: {A: 1}", "env.A: expected text, found a whole number: put quotes around it"),
    ("env: {A: true}", "env.A: expected text, found true or false: put quotes around it"),
    ("env: {A: 8.10}", "env.A: expected text, found a number with a point: put quotes around it"),
    (r'env: {A: "a\0b"}', "env.A: holds a NUL character, which no command or path can"),
    ("env: {a-b: x}", f"env.a-b: {VARIABLE}"),
    ("env: {1a: x}", f"env.1a: {VARIABLE}"),
    ("env: {PATH: x}", "env.PATH: PATH cannot be set whole: list what comes before it under `path:`"),
    ("env: {LIVE_LINK_NAME: x}", "env.LIVE_LINK_NAME: is set by the tool for every command: choose another name"),
    ("env: {RELEASE_NOTE: x}", "env.RELEASE_NOTE: is set by the tool for every command: choose another name"),
    ("runtime_files: [/etc/passwd]", f"runtime_files[0]: {INSIDE} '/etc/passwd'"),
    ("runtime_files: [~/.env]", f"runtime_files[0]: {INSIDE} '~/.env'"),
    ("runtime_files: [a/../b]", f"runtime_files[0]: {INSIDE} 'a/../b'"),
    ("runtime_files: [./release.json]", "runtime_files[0]: 'release.json' is the tool's own: name another path"),
    ("runtime_files: [3]", "runtime_files[0]: expected a path or a mapping, found a whole number"),
    ("runtime_files: [{pat: a}]", "runtime_files[0].pat: is not a known key, did you mean path?"),
    ("runtime_files: [{optional: true}]", "runtime_files[0].path: is required"),
    ("runtime_files: [{path: a, optional: yes}]", "runtime_files[0].optional: expected true or false, found text"),
    ("persistent_links: {/media: /mnt}", f"persistent_links./media: {INSIDE} '/media'"),
    ("persistent_links: {media: mnt}", f"persistent_links.media: {ON_HOST} 'mnt'"),
    ("persistent_links: {media/: /mnt}", "persistent_links.media/: write it as 'media'"),
    ("persistent_links: {.git/x: /mnt}", "persistent_links.'.git/x': '.git' is the tool's own: name another path"),
    ("persistent_links: {a: {mountpoint: /mnt}}", "persistent_links.a.target: is required"),
    ("persistent_links: {a: {target: /m, mountpoint: m}}", f"persistent_links.a.mountpoint: {ON_HOST} 'm'"),
    ("persistent_links: {a: /m, a/b: /n}", "persistent_links.a/b: lies in 'a', which is a persistent link itself"),
    ("apps: {'': {}}", "apps.'': must not be empty"),
    (r'apps: {"a\eb": {}}', r"apps.'a\x1bb': expected a name that can be printed, found 'a\x1bb'"),
    ("apps: {web: }", "apps.web: expected a mapping, found nothing: write {} for an empty one"),
    ("apps: {web: {name: x}}", "apps.web.name: is not a known key"),
    ("apps: {web: {path: /srv}}", f"apps.web.path: {INSIDE} '/srv'"),
    ("apps: {web: {bootstrap: make}}", "apps.web.bootstrap: expected a list, found text"),
    ("apps: {web: {bootstrap: ['']}}", "apps.web.bootstrap[0]: must not be empty"),
    (
        "apps: {web: {bootstrap: [echo a: b]}}",
        "apps.web.bootstrap[0]: expected text, found a mapping (text with a colon and a space in it: put quotes around it)",
    ),
    (
        "apps: {web: {drop: [.]}}",
        "apps.web.drop[0]: expected a path below the release's own directory, found the directory itself",
    ),
    ("apps: {web: {inputs: ['!']}}", "apps.web.inputs[0]: expected a path after the !"),
    ("apps: {web: {inputs: ['!/x']}}", f"apps.web.inputs[0]: {INSIDE} '/x'"),
    ("carry_assets: [/x]", f"carry_assets[0]: {INSIDE} '/x'"),
    ("writable: [..]", f"writable[0]: {INSIDE} '..'"),
    ("publish: ", "publish: expected a list, found nothing: write [] for an empty one"),
    (
        f'env: {{A: "{"ü" * 64_001}"}}',
        "env.A: longer than 128,000 bytes, with which no program can be started: put it into a script",
    ),
    (
        f"verify: [{'x' * 128_001}]",
        "verify[0]: longer than 128,000 bytes, with which no program can be started: put it into a script",
    ),
    (r'verify: ["a\0b"]', "verify[0]: holds a NUL character, which no command or path can"),
    ("services: [nginx]", f"services[0]: {KINDS}"),
    ("services: [{systemd: a, run: b}]", f"services[0]: {KINDS}"),
    ("services: [{systemd: a}, {systmd: b}]", f"services[1]: {KINDS}, did you mean systemd?"),
    (
        "services: [{systemd: a, action: relod}]",
        "services[0].action: expected restart or reload, found 'relod', did you mean reload?",
    ),
    (
        "services: [{supervisor: a, action: reload}]",
        "services[0].action: supervisor cannot reload one program: leave action out, and it is restarted",
    ),
    ("services: [{run: a, action: restart}]", "services[0].action: is not a known key"),
    ("services: [{systemd: --now}]", f"services[0].systemd: {WORD}"),
    ("health: [{status: 200}]", "health[0].url: is required"),
    ("health: [{url: ftp://x}]", f"health[0].url: {URL}"),
    ("health: [{url: 'http://'}]", f"health[0].url: {URL}"),
    ("health: [{url: 'http://h:x/'}]", f"health[0].url: {URL}"),
    ("health: [{url: 'http://h/a b'}]", f"health[0].url: {URL}"),
    ("health: [{url: 'http://me:hunter2@h/'}]", "health[0].url: holds a user name or password: leave it out of the URL"),
    ("health: [{url: 'http://me@h/'}]", "health[0].url: holds a user name or password: leave it out of the URL"),
    ("health: [{url: 'http://h', status: 99}]", "health[0].status: expected 100 or more, found 99"),
    ("health: [{url: 'http://h', status: 600}]", "health[0].status: expected 599 or less, found 600"),
    ("health: [{url: 'http://h', within: 0}]", "health[0].within: expected 1 or more, found 0"),
    ("health: [{url: 'http://h', contains: ''}]", "health[0].contains: must not be empty"),
    ("health: [{url: 'http://h', headers: {a b: c}}]", "health[0].headers.'a b': expected the name of an HTTP header"),
    (
        r'health: [{url: "http://h", headers: {A: "b\r\nC: d"}}]',
        "health[0].headers.A: must not hold a line break: it would end the header",
    ),
    ("step_timeout: 0", "step_timeout: expected 1 or more, found 0"),
]


@pytest.mark.parametrize(("fragment", "line"), ONE_KEY, ids=[fragment for fragment, _ in ONE_KEY])
def test_a_wrong_key_is_told_with_its_place_and_what_was_expected(refused: Refused, fragment: str, line: str) -> None:
    repository = "" if fragment.startswith("repository") else "defaults: {repository: 'git@h:p'}\n"
    assert refused(f"{repository}hosts:\n  prod:\n    {fragment}\n").details == (f"hosts.prod.{line}",)


@pytest.mark.parametrize("fragment", [each for each, _ in ONE_KEY if "hunter2" in each or "ghp_" in each])
def test_a_password_is_never_printed(refused: Refused, fragment: str) -> None:
    shown = str(refused(f"hosts:\n  prod:\n    {fragment}\n"))
    assert "hunter2" not in shown
    assert "ter2" not in shown
    assert "ghp_" not in shown


def test_every_mistake_is_told_in_one_run(refused: Refused) -> None:
    error = refused("""
        extra: 1
        defaults: {keep_releases: 0, port: x}
        hosts:
          prod: {repository: 'git@h:p', env: {A: 1, PATH: /bin}, services: [nginx]}
          preprod: {live_link: .x}
        """)
    assert [line.split(": ")[0] for line in error.details] == [
        "extra",
        "defaults.keep_releases",
        "defaults.port",
        "hosts.prod.env.A",
        "hosts.prod.env.PATH",
        "hosts.prod.services[0]",
        "hosts.preprod.live_link",
        "hosts.preprod.repository",
    ]


def test_a_mistake_in_defaults_is_told_once_however_many_hosts_inherit_it(refused: Refused) -> None:
    error = refused("""
        defaults: {repository: 'git@h:p', keep_releases: 0, releases_dir: ~/builds}
        hosts: {a: , b: , c: }
        """)
    assert [line.split(": ")[0] for line in error.details] == ["defaults.keep_releases", "defaults.releases_dir"]


def test_a_mistake_that_only_a_host_makes_of_defaults_is_told_at_the_host(refused: Refused) -> None:
    error = refused("""
        defaults: {repository: 'git@h:p', persistent_links: {public/media: /mnt}}
        hosts: {a: {runtime_files: [.env, public/media/logo.png]}, b: }
        """)
    assert error.details == (
        "hosts.a.runtime_files[1]: the file 'public/media/logo.png' lies in the persistent link 'public/media', "
        "where it is already",
    )


def test_a_key_that_is_wrong_by_itself_is_not_told_again_together_with_others(refused: Refused) -> None:
    error = refused("hosts: {a: {repository: 'git@h:p', builds_dir: here, releases_dir: ~/builds}}")
    assert error.details == (f"hosts.a.builds_dir: {ON_HOST} 'here'",)


@pytest.mark.parametrize(
    ("hosts", "places"),
    [
        ("hosts: {a: , b: }", ["defaults.repository"]),
        ("hosts: {a: {repository: 'git@h:p'}, b: }", ["hosts.b.repository"]),
        ("hosts: {a: {x-repository: 'git@h:p'}}", ["defaults.repository"]),
        ("hosts: {a: {repositry: 'git@h:p'}}", ["hosts.a.repositry"]),
    ],
)
def test_the_one_required_key_is_asked_for_where_it_is_missing(refused: Refused, hosts: str, places: list[str]) -> None:
    assert [line.split(": ")[0] for line in refused(hosts).details] == places


@pytest.mark.parametrize("name", ["a,b", "a@b", "a:b", "a/b"])
def test_an_environment_has_a_name_that_can_follow_H(refused: Refused, name: str) -> None:
    error = refused(f"defaults: {{repository: 'git@h:p'}}\nhosts: {{'{name}': }}")
    (line,) = error.details
    assert line.endswith(": expected a name that can follow -H: no , @ : or /")


def test_a_mistake_is_one_line_even_where_the_text_is_not(refused: Refused) -> None:
    error = refused(r'hosts: {a: {repository: x, "b\nc": 1, builds_dir: "d\n\u001be", runtime_files: ["/f\u2028g"]}}')
    assert all(line.isprintable() for line in error.details)


def test_the_report_names_the_file_the_state_and_what_to_do(refused: Refused) -> None:
    error = refused("hosts: {a: {repository: x, port: 0}}")
    assert error.what.endswith("hosts.yml has 1 mistake")
    assert error.state == "No host was touched."
    assert error.next.startswith("# correct ")
    assert error.exit_code == 2


def test_a_live_link_leaves_room_for_the_time_behind_it(refused: Refused) -> None:
    error = refused(f"defaults: {{repository: 'git@h:p', live_link: {'é' * 101}}}\nhosts: {{a: }}")
    assert error.details == ("defaults.live_link: expected at most 200 bytes: a time and an ending follow it in file names",)
