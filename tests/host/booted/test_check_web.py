"""check on a real host: nginx, php-fpm, and what their users may do with the files of the site."""

import json
import re
from pathlib import Path

import pytest

from tasks.host import access, acl, leads
from tests.host.booted.spoiling import Checks, Spoilt, each_of
from tests.support.booted import Booted
from tests.support.shop import HOME, Shop

LIVE, SITE, POOL = f"{HOME}/source", "/etc/nginx/sites-enabled/source", "/etc/php/8.2/fpm/pool.d"
OTHER_PHP = """printf '#!/bin/sh
case "$*" in *PHP_MAJOR*) echo 8.4 ;; *) exec /usr/bin/php "$@" ;; esac
' >{0}; chmod 755 {0}""".format("/usr/local/bin/php")
NO_ACL = f'python3 -c \'import os; os.removexattr("{LIVE}/var", "system.posix_acl_access"); os.chmod("{LIVE}/var", 0o755)\''


def sed(path: str, *commands: str) -> tuple[str, str]:
    """How a file is changed, and put back."""
    said = " ".join(f"-e '{command}'" for command in commands)
    return (
        f"cp -a {path} /var/backups/{Path(path).name} && sed -i {said} {path}",
        f"cp -a /var/backups/{Path(path).name} {path}",
    )


GROUPS = {
    "stale": [
        Spoilt(
            "nginx: www.example.com has SCRIPT_FILENAME $document_root$fastcgi_script_name: stale code after a release",
            "warn",
            *sed(SITE, "s/$realpath_root/$document_root/"),
            f"fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name; in {SITE}",
        ),
        Spoilt("nginx: www.example.com has DOCUMENT_ROOT $document_root: stale code", "warn", todo="$realpath_root"),
        Spoilt(
            "php8.2-fpm has process_control_timeout 0: requests in flight die at each reload, up to 13",
            "warn",
            *sed(f"{POOL}/global.conf", "s/= 10s/= 0/"),
            "process_control_timeout = 30s under [global] of /etc/php/8.2/fpm/php-fpm.conf",
        ),
        Spoilt("php8.2-fpm runs PHP 8.2, and php is 8.4", "warn", OTHER_PHP, "rm /usr/local/bin/php", "name php8.2"),
        Spoilt(
            f"www-data (nginx) may not go through {HOME}, which leads to {LIVE}/public",
            "fail",
            "gpasswd --delete www-data ftsuser",
            "gpasswd --add www-data ftsuser",
            f"chmod o+x {HOME}",
        ),
        Spoilt(f"www-data (php-fpm) may not go through {HOME}", "fail", todo=f"setfacl -m u:www-data:x {HOME}"),
        Spoilt(f"writable: www-data (php-fpm) cannot write to {HOME}", "warn", todo="the next build makes var so"),
    ],
    "fixed": [
        Spoilt(
            "a release and not the live link: a cutover changes nothing",
            "fail",
            *sed(SITE, f"s#root {LIVE}/public#root '\"$(realpath {LIVE})\"'/public#"),
            f"put {LIVE} in its place in {SITE}",
        ),
        Spoilt(
            "www-data (nginx) cannot read", "fail", f"chmod 600 {LIVE}/public/index.php", f"chmod 644 {LIVE}/public/index.php"
        ),
        Spoilt("www-data (php-fpm) cannot read", "fail", f"chmod 700 {LIVE}/src", f"chmod 755 {LIVE}/src", "ls -ld"),
        Spoilt("writable: www-data (php-fpm) cannot write to", "warn", NO_ACL, f"chmod 777 {LIVE}/var", "the next build"),
    ],
    "unread": [
        Spoilt(f"nginx: {SITE} cannot be read by this user", "warn", f"chmod 600 {SITE}", f"chmod 644 {SITE}", "chmod o+r"),
        Spoilt(
            f"php-fpm: {POOL}/source.conf cannot be read",
            "warn",
            f"chmod 600 {POOL}/source.conf",
            f"chmod 644 {POOL}/source.conf",
            "chmod o+r",
        ),
    ],
    "no user named": [
        Spoilt("www-data (nginx) can read the live release", "ok", *sed("/etc/nginx/nginx.conf", "/^user/d")),
    ],
    "elsewhere": [
        Spoilt(
            f"nginx: no server has its root in {LIVE}", "warn", *sed(SITE, f"s#root {LIVE}#root /srv#"), f"root {LIVE}/public;"
        ),
        Spoilt(
            "php-fpm runs as nobody-at-all, and this host has no such user",
            "fail",
            *sed(f"{POOL}/source.conf", "s/^user = .*/user = nobody-at-all/"),
            "correct",
        ),
    ],
    "without nginx": [
        Spoilt(
            "nginx: there is no /etc/nginx/nginx.conf",
            "warn",
            "mv /etc/nginx /etc/x",
            "mv /etc/x /etc/nginx",
            "resolve the link",
        ),
        Spoilt(
            "writable: no pool of php-fpm is known",
            "warn",
            f"mv {POOL} /var/backups",
            f"mv /var/backups/pool.d {POOL}",
            "name the unit",
        ),
        Spoilt("/usr/sbin/nginx -t refuses its configuration", "fail", todo="correct it"),
    ],
}
# A file, a directory and an ACL for every mode: what the computation says, and what the kernel does for that user.
MODULES = {"acl": acl, "leads": leads, "access": access}
LOADED = """
import sys, types
for name in ("tasks", "tasks.host", "tasks.host.acl", "tasks.host.leads"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["tasks.host"].acl = sys.modules["tasks.host.acl"]
exec(ACL, sys.modules["tasks.host.acl"].__dict__)
exec(LEADS, sys.modules["tasks.host.leads"].__dict__)
access = {}
exec(ACCESS, access)
globals().update({name: value for name, value in access.items() if name[0].isupper() or name == "viewer"})
"""
COMPARE = """
import itertools, json, os, struct, sys
work = "/tmp/compare"
os.mkdir(work)
os.chmod(work, 0o755)
who = viewer("www-data")
def acl(*entries):
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in sorted(entries))
nobody, paths = 2**32 - 1, []
for number, (owner, group, mode) in enumerate(itertools.product((33, 1000), (33, ALSO, 1000), range(0o1000))):
    paths.append("%s/%d" % (work, number))
    os.close(os.open(paths[-1], os.O_CREAT, 0o600))
    os.chown(paths[-1], owner, group)
    os.chmod(paths[-1], mode)
for number, (user, mask, named, other) in enumerate(itertools.product(range(8), repeat=4)):
    paths.append("%s/acl%d" % (work, number))
    os.close(os.open(paths[-1], os.O_CREAT, 0o600))
    mine = [(2, user, 33)] if number % 2 else [(2, user, 1000)]
    group = [(8, named, ALSO)] if number % 3 else [(8, named, 1000)]
    entries = [(1, 7, nobody), (4, 0, nobody), (16, mask, nobody), (32, other, nobody), *mine, *group]
    os.setxattr(paths[-1], "system.posix_acl_access", acl(*entries))
said = {path: [bits for bits in (1, 2, 4) if who.may(path, bits)] for path in paths}
out, into = os.pipe()
if not os.fork():
    os.initgroups("www-data", 33)
    os.setgid(33)
    os.setuid(33)
    with os.fdopen(into, "w") as file:
        json.dump({path: [bits for bits in (1, 2, 4) if os.access(path, bits)] for path in paths}, file)
    os._exit(0)
os.close(into)
with os.fdopen(out) as file:
    does = json.load(file)
os.wait()
print(json.dumps([len(paths), {path: [said[path], does[path]] for path in paths if said[path] != does[path]}]))
"""


@pytest.fixture(scope="module")
def checks(booted: Booted, tmp_path_factory: pytest.TempPathFactory) -> Checks:
    """What check says of a host with the shop, live, while it is spoilt."""
    shop = Shop(booted, tmp_path_factory.mktemp("shop")).set_up()
    shop.deploy()
    return Checks(shop, GROUPS)


@each_of(GROUPS)
def test_what_is_wrong_has_a_line_of_its_own(checks: Checks, group: str, spoilt: Spoilt) -> None:
    checks.assert_said(group, spoilt)


def test_what_a_user_may_do_is_computed_as_the_kernel_does_it(booted: Booted) -> None:
    also = booted.sh("getent group ftsuser").split(":")[2]
    booted.sh("gpasswd --add www-data ftsuser")
    sources = {name.upper(): Path(module.__file__ or "").read_text() for name, module in MODULES.items()}
    sources["LEADS"] = re.sub(r"(?m)^from tasks\.host.*\n", "", sources["LEADS"])  # of which `way` needs nothing
    named = "".join(f"{name} = {source!r}\n" for name, source in sources.items())
    looked_at, differ = json.loads(booted.sh("python3 -", stdin=named + LOADED + COMPARE.replace("ALSO", also)))
    assert (looked_at, differ) == (2 * 3 * 512 + 8**4, {})
