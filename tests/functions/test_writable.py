"""What must be writable for php-fpm's pool user is made so before the seal, by ACLs, and nothing else is touched."""

import errno
import os
import pwd
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tasks.host.build import writable
from tasks.host.failure import Failed
from tests.functions.made import Made
from tests.support import acl
from tests.support.acl import GROUP_OBJ, MASK, OTHER, named
from tests.support.snapshot import snapshot

POOL, POOL_ID = "nobody", pwd.getpwnam("nobody").pw_uid
OWNER = os.getuid()


class Site:
    """A release in the making, on a host whose php-fpm systemd knows, with pools that a test writes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.shims = folder, folder / "shims"
        self.shims.mkdir()
        self.release = folder / "releases/source-20260101T000000Z"
        for path, text in {"var/log/prod.log": "", "var/run.sh": "#!/bin/sh\n", "config/a.yaml": "a: 1\n"}.items():
            (self.release / path).parent.mkdir(parents=True, exist_ok=True)
            (self.release / path).write_text(text)
        self.config = folder / "php-fpm.conf"
        self.warnings = ""
        self.pool(POOL)
        self.systemctl(
            f"MainPID=0\nExecStart={{ path=/usr/sbin/php-fpm8.2 ; argv[]=/usr/sbin/php-fpm8.2 --fpm-config {self.config} ; }}\n"
            "Id=php8.2-fpm.service\nUser=\n\nMainPID=0\nExecStart={ path=/usr/sbin/nginx ; argv[]=/usr/sbin/nginx ; }\n"
        )

    def pool(self, user: str) -> None:
        """A php-fpm with one pool, of this user."""
        self.config.write_text(f"[www]\nuser = {user}\nlisten = /run/php.sock\n")

    def systemctl(self, shown: str) -> None:
        """What systemd shows of every unit."""
        (self.folder / "shown").write_text(shown)
        shim = self.shims / "systemctl"
        shim.write_text(f'#!/bin/sh\necho "$@" >>{self.folder}/asked\ncat {self.folder}/shown\n')
        shim.chmod(0o755)

    def script(self, text: str) -> None:
        """What the build has done before."""
        subprocess.run(["bash", "-c", text], cwd=self.release, check=True)

    def make(
        self, *paths: str, units: tuple[str, ...] = ("php8.2-fpm", "nginx"), files: tuple[tuple[str, bool], ...] = ()
    ) -> Path:
        """Make these paths writable where there are these runtime files; where the release is."""
        run = Made(path=str(self.release))
        run.runtime_files = [*files]
        writable.make(run, units, paths)
        self.warnings = "\n".join(event[1] for event in run.events if event[0] == "warn")
        return self.release


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    site = Site(tmp_path)
    monkeypatch.setenv("PATH", f"{site.shims}:{os.environ['PATH']}")
    return site


def test_all_that_is_there_is_writable_for_the_pool_user(site: Site) -> None:
    site.script("mkdir -p var/cache/prod && echo x >var/cache/prod/x && chmod 755 var/run.sh")
    release = site.make("var")
    found = {str(path.relative_to(release)): named(path, POOL_ID) for path in (release / "var", *(release / "var").rglob("*"))}
    folders = dict.fromkeys(("var", "var/log", "var/cache", "var/cache/prod"), "rwx")
    assert found == folders | {"var/log/prod.log": "rw-", "var/cache/prod/x": "rw-", "var/run.sh": "rwx"}


@pytest.mark.parametrize(
    ("link", "file"), [("var", "config/key.json"), ("var", "config/deep/key.json"), ("web/var", "config/key.json")]
)
def test_a_runtime_file_that_a_link_of_the_commit_puts_there_is_refused(site: Site, link: str, file: str) -> None:
    site.script(f"rm -rf var && mkdir -p {Path(link).parent} {Path(file).parent} && echo s >{file}; ln -srT config {link}")
    before = snapshot(site.release)
    with pytest.raises(Failed, match=f"where the runtime file {file} lies"):
        site.make(link, files=((file, False),))
    assert snapshot(site.release) == before
    site.make("public", files=((file, False),))


def test_what_comes_later_is_writable_for_both_users(site: Site) -> None:
    release = site.make("var")
    (release / "var/log/new").write_text("")
    (release / "var/log/deep").mkdir(mode=0o777)
    (release / "var/log/deep/new").write_text("")
    for path, bits in (("var/log/new", "rw-"), ("var/log/deep", "rwx"), ("var/log/deep/new", "rw-")):
        assert (named(release / path, POOL_ID), named(release / path, OWNER)) == (bits, bits)


def test_nothing_else_of_the_release_has_an_acl(site: Site) -> None:
    release = site.make("var/log")
    assert {name.split()[0] for name in acl.all_of(release)} == {"var/log", "var/log/prod.log"}


def test_a_path_that_is_not_there_is_made(site: Site) -> None:
    release = site.make("var/sessions/prod")
    assert named(release / "var/sessions/prod", POOL_ID) == "rwx"
    assert not acl.entries(release / "var/sessions")


def test_a_file_may_be_named_too(site: Site) -> None:
    release = site.make("var/log/prod.log")
    assert (named(release / "var/log/prod.log", POOL_ID), acl.entries(release / "var/log")) == ("rw-", {})


def test_what_group_and_others_may_do_stays_as_it_was(site: Site) -> None:
    site.script("umask 077; mkdir var/own; echo x >var/own/file; chmod 640 var/run.sh")
    release = site.make("var")
    groups = {
        path: {tag: bits for (tag, _), bits in acl.entries(release / "var" / path).items()} for path in ("own/file", "run.sh")
    }
    assert [(tags[GROUP_OBJ], tags[OTHER], tags[MASK]) for tags in groups.values()] == [(0, 0, 6), (4, 0, 6)]
    assert named(release / "var/own/file", POOL_ID) == "rw-"
    inherited = {tag: bits for (tag, _), bits in acl.entries(release / "var/own", "default").items()}
    assert (inherited[GROUP_OBJ], inherited[OTHER]) == (0, 0)


def test_an_acl_that_is_there_already_keeps_its_entries(site: Site) -> None:
    other = POOL_ID - 1
    raw = b"".join(part.to_bytes(2, "little") for part in (2, 0))
    rows = ((1, 7, 2**32 - 1), (2, 5, other), (4, 5, 2**32 - 1), (16, 0, 2**32 - 1), (32, 0, 2**32 - 1))
    raw += b"".join(
        tag.to_bytes(2, "little") + bits.to_bytes(2, "little") + who.to_bytes(4, "little") for tag, bits, who in rows
    )
    for kind in ("access", "default"):
        os.setxattr(site.release / "var/log", f"system.posix_acl_{kind}", raw)
    release = site.make("var")
    for kind in ("access", "default"):
        assert (named(release / "var/log", other, kind), named(release / "var/log", POOL_ID, kind)) == ("r-x", "rwx")


def test_several_pools_may_all_write(site: Site) -> None:
    site.config.write_text("[www]\nuser = nobody\n[daemon]\nuser = $pool\n")
    release = site.make("var")
    assert [named(release / "var", pwd.getpwnam(name).pw_uid) for name in ("nobody", "daemon")] == ["rwx", "rwx"]


def test_a_pool_of_the_release_user_needs_nothing(site: Site) -> None:
    site.pool(pwd.getpwuid(OWNER).pw_name)
    release = site.make("var", "new")
    assert (acl.all_of(release), (release / "new").is_dir(), site.warnings) == ({}, True, "")


def test_the_host_is_asked_about_the_units_that_hosts_yml_names(site: Site) -> None:
    site.make("var")
    assert (site.folder / "asked").read_text().split(" -- ")[1] == "php8.2-fpm nginx\n"


@pytest.mark.parametrize("why", ["no service", "no php-fpm", "no file", "no such user", "no systemctl"])
def test_where_the_pool_user_cannot_be_learned_the_release_goes_on_with_a_warning(site: Site, why: str) -> None:
    match why:
        case "no php-fpm":
            site.systemctl("MainPID=0\nExecStart={ path=/usr/sbin/nginx ; argv[]=/usr/sbin/nginx ; }\n")
        case "no file":
            site.config.unlink()
        case "no such user":
            site.pool("nosuchuser")
        case "no systemctl":
            (site.shims / "systemctl").write_text("#!/bin/sh\nexit 127\n")
    release = site.make("var", "new", units=() if why == "no service" else ("php8.2-fpm", "nginx"))
    assert (acl.all_of(release), (release / "new").is_dir()) == ({}, True)
    assert site.warnings.startswith("writable: var, new left as made, for ")


def test_links_are_not_followed(site: Site, tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media/film").write_text("film")
    (tmp_path / "secret").write_text("secret")
    before = snapshot(tmp_path / "media"), snapshot(tmp_path / "secret")
    site.script(
        f"mkdir var/up; ln -s {tmp_path}/media var; ln -s {tmp_path}/media var/up; ln -s {tmp_path}/secret ../config var"
    )
    release = site.make("var")
    assert (snapshot(tmp_path / "media"), snapshot(tmp_path / "secret")) == before
    assert (acl.all_of(tmp_path / "media"), acl.entries(tmp_path / "secret"), acl.all_of(release / "config")) == ({}, {}, {})
    assert (named(release / "var/up", POOL_ID), site.warnings) == ("rwx", "")


@pytest.mark.parametrize(("mode", "warned"), [(0o755, True), (0o777, False)])
def test_a_path_that_leads_out_of_the_release_is_left_as_it_is(site: Site, tmp_path: Path, mode: int, warned: bool) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media").chmod(mode)
    site.script(f"mkdir public; ln -s {tmp_path}/media public")
    release = site.make("var", "public/media")
    assert (acl.all_of(tmp_path / "media"), named(release / "var", POOL_ID)) == ({}, "rwx")
    assert (f"public/media leads to {tmp_path}/media, which is left as it is" in site.warnings) == warned


def test_a_path_that_leads_elsewhere_in_the_release_is_writable_there(site: Site) -> None:
    site.script("mkdir app; ln -s ../var/log app/cache; ln -s ../var/new app/logs")
    release = site.make("app/cache", "app/logs")
    assert [named(release / path, POOL_ID) for path in ("var/log", "var/new")] == ["rwx", "rwx"]


def test_a_file_that_a_package_cache_has_too_is_made_the_releases_own_first(site: Site, tmp_path: Path) -> None:
    shared = tmp_path / "cached"
    shared.write_text("cached")
    os.utime(shared, ns=(1, 1_234_567_890))
    before = snapshot(shared)
    site.script(f"ln {shared} var/linked")
    release = site.make("var")
    linked = release / "var/linked"
    assert (snapshot(shared), acl.entries(shared), shared.stat().st_nlink) == (before, {}, 1)
    assert (linked.read_text(), linked.stat().st_mtime_ns, named(linked, POOL_ID)) == ("cached", 1_234_567_890, "rw-")
    assert sorted(path.name for path in (release / "var").iterdir()) == ["linked", "log", "run.sh"]


@pytest.fixture
def no_acls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A filesystem that has none."""

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(os, "getxattr", refuse)
    monkeypatch.setattr(os, "setxattr", refuse)


@pytest.mark.usefixtures("no_acls")
def test_without_acls_it_fails_with_what_to_do(site: Site) -> None:
    with pytest.raises(Failed) as failed:
        site.make("var")
    assert failed.value.what.startswith(f"{site.release}/var")
    assert "cannot be made writable for the pool user of php-fpm: Operation not supported" in failed.value.what
    assert "must have ACLs" in failed.value.next


@pytest.mark.usefixtures("no_acls")
def test_without_acls_a_directory_that_is_writable_already_is_fine(site: Site) -> None:
    site.script("chmod -R a+rwX var")
    site.make("var")
