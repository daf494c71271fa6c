"""Values of runtime files are masked on the host, before the log and before the wire."""

import json
from urllib.parse import unquote

import pytest

from tasks.host.secrets import values
from tests.support.host import LocalHost
from tests.support.talk import Ran

VALUE = "s3cr3t-of-the-site"


def said(host: LocalHost, done: Ran) -> str:
    """Everything that a person could see: the log, and every event."""
    log = host.log(host.history()[-1]["name"])
    return log + "\n".join("\t".join(event.words) for event in done.events) + done.stderr


def show(host: LocalHost, text: str, command: str, file: str = ".env.local") -> str:
    """What can be seen of a build whose command fails after it has shown what it knows; "$S" is the runtime file."""
    put = host.home / "runtime/source" / file
    put.parent.mkdir(parents=True, exist_ok=True)
    put.write_text(text)
    host.use(runtime_files=[file], apps={"web": {"bootstrap": [f"S={file!r}; {command}", "echo shown; exit 1"]}})
    done = host.build()
    assert (done.code, done.all("tail")[-1]) == (3, ("web", "shown"))
    return said(host, done)


FORMS = {
    "plain": (f"KEY={VALUE}\n", VALUE),
    "exported": (f"export KEY={VALUE}\n", VALUE),
    "single quotes": (f"KEY='{VALUE}'\n", VALUE),
    "double quotes": (f'KEY="{VALUE}"\n', VALUE),
    "escaped": (r'KEY="s3cr3t \"of\" the \$site"', 's3cr3t "of" the $site'),
    "with a comment": (f"KEY={VALUE} # the key\n", VALUE),
    "quoted, with a comment": (f'KEY="{VALUE}" # the key\n', VALUE),
    "with spaces": (f"KEY='{VALUE} and more'\n", f"{VALUE} and more"),
    "not the first": (f"A=1\n\n# note\nKEY={VALUE}\n", VALUE),
    "a whole file": (f"{VALUE}\n", VALUE),
    "base64 that ends like a key": ("c2VjcmV0c2VjcmV0Cg==\n", "c2VjcmV0c2VjcmV0Cg=="),
    "unicode": ("KEY=gehéim-wörter\n", "gehéim-wörter"),
    "windows line ends": (f"A=1\r\nKEY={VALUE}\r\n", VALUE),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_value_is_masked_however_it_is_written(host: LocalHost, form: str) -> None:
    text, value = FORMS[form]
    (host.folder / "value").write_text(value)
    seen = show(host, text, f"echo before; cat {host.folder}/value; echo; cat $S")
    assert "before" in seen
    assert value not in seen


def test_every_string_of_a_json_file_is_masked(host: LocalHost) -> None:
    leaves = ("leaf-number-one", "two\nlines-of-it", 'quo"ted-leaf', "ünïcode-leaf")
    text = json.dumps({"a": leaves[0], "b": [{"c": leaves[1]}, leaves[2]], "d": leaves[3]})
    (host.folder / "leaves").write_text("\n".join(leaves))
    seen = show(host, text, f"cat $S {host.folder}/leaves; echo", "config/key.json")
    assert [leaf for leaf in ("leaf-number-one", "lines-of-it", "ted-leaf", "code-leaf") if leaf in seen] == []


def test_a_value_of_many_lines_is_masked_line_by_line(host: LocalHost) -> None:
    lines = ("-----BEGIN KEY-----", "MIIBOgIBAAJBAKj3", "4fFszN3kT2xRb1Qd", "-----END KEY-----")
    seen = show(host, 'KEY="' + "\n".join(lines) + '"\n', 'while read -r line; do echo "$line"; sleep 0.02; done < $S')
    for line in lines:
        assert line not in seen


@pytest.mark.parametrize("before", [1, 65_520, 65_530, 65_535, 65_536, 131_060, 131_071])
def test_a_value_is_masked_wherever_a_chunk_ends(host: LocalHost, before: int) -> None:
    seen = show(
        host,
        f"KEY={VALUE}\n",
        f"head -c {before} /dev/zero | tr '\\0' x; head -c 100000 /dev/zero | sed 's/.*/'\"$(cut -d= -f2 $S)\"'/' ; echo",
    )
    assert "x" in seen
    for piece in (VALUE[:10], VALUE[8:]):
        assert piece not in seen


def test_a_value_that_arrives_in_two_pieces_is_masked(host: LocalHost) -> None:
    seen = show(host, f"KEY={VALUE}\n", 'v=$(cut -d= -f2 $S); printf %s "${v:0:9}"; sleep 0.3; printf \'%s\\n\' "${v:9}"')
    assert VALUE not in seen
    assert VALUE[9:] not in seen


def test_a_value_of_a_committed_env_is_no_secret(host: LocalHost) -> None:
    host.origin.commit({".env": "SHARED=known-to-everybody\n"})
    seen = show(host, f"SHARED=known-to-everybody\nKEY={VALUE}\n", "cat $S")
    assert "known-to-everybody" in seen
    assert VALUE not in seen


def test_a_build_that_copies_its_secrets_to_env_makes_them_no_less_secret(host: LocalHost) -> None:
    host.origin.commit({".env": "SHARED=known-to-everybody\n"})
    (host.home / "runtime/source/.env.local").write_text(f"KEY={VALUE}\n")
    host.use(runtime_files=[".env.local"], apps={"web": {"bootstrap": ["cp .env.local .env"]}}, publish=["cat .env; exit 1"])
    assert VALUE not in said(host, host.build())


def test_what_a_build_puts_in_the_place_of_a_runtime_file_is_not_waited_for(host: LocalHost) -> None:
    command = "S=$(cut -d= -f2 .env.local); rm .env.local; mkfifo .env.local; echo $S"
    (host.home / "runtime/source/.env.local").write_text(f"KEY={VALUE}\n")
    host.use(runtime_files=[".env.local"], apps={"web": {"bootstrap": [command, "exit 1"]}})
    assert VALUE not in said(host, host.build())


def test_a_value_that_stands_in_hosts_yml_is_no_secret(host: LocalHost) -> None:
    (host.home / "runtime/source/.env.local").write_text(f"PLACE=/srv/in-hosts-yml\nKEY={VALUE}\n")
    apps = {"web": {"bootstrap": ["cat .env.local; exit 1"]}}
    host.use(env={"SITE_PLACE": "/srv/in-hosts-yml"}, runtime_files=[".env.local"], apps=apps)
    seen = said(host, host.build())
    assert "PLACE=/srv/in-hosts-yml" in seen
    assert VALUE not in seen


def test_a_value_that_is_a_path_of_the_host_breaks_nothing(host: LocalHost) -> None:
    (host.home / "runtime/source/.env.local").write_text(f"APP_PATH={host.releases}\nHOME_OF_IT={host.home}\n")
    host.use(runtime_files=[".env.local"])
    assert host.release() == host.live.resolve().name


def test_a_runtime_file_that_is_too_large_to_be_looked_into_is_refused(host: LocalHost) -> None:
    with (host.home / "runtime/source/dump.sql").open("wb") as file:
        file.truncate(1 << 30)
    host.use(runtime_files=["dump.sql"])
    done = host.build()
    assert done.code == 3
    assert "1,073,741,824 bytes" in done.failure


def test_a_short_value_is_left_readable(host: LocalHost) -> None:
    assert "web | A=prod" in show(host, f"A=prod\nKEY={VALUE}\n", "cat $S")


def test_values_are_masked_in_publish_too(host: LocalHost) -> None:
    (host.home / "runtime/source/.env.local").write_text(f"KEY={VALUE}\n")
    host.use(runtime_files=[".env.local"], publish=["cat .env.local; exit 1"])
    done = host.build()
    assert done.all("tail") == [("publish", "KEY=****")]
    assert VALUE not in said(host, done)


def test_no_secret_is_in_the_seal_or_in_an_argument(host: LocalHost) -> None:
    (host.home / "runtime/source/.env.local").write_text(f"KEY={VALUE}\n")
    host.use(runtime_files=[".env.local"], publish=["cat /proc/[0-9]*/cmdline > all; grep -c s3cr3[t] all > count; rm all"])
    name = host.release()
    assert VALUE not in (host.live / "release.json").read_text()
    assert (host.releases / name / "count").read_text() == "0\n"


@pytest.mark.parametrize(
    "password",
    [
        "a%20b%2Bc-of-it",
        "%C3%A9t%c3%a9-2026",
        "100%-of-it",
        "%C3-%-of-it",
        "é%zz%41-of-it",
        "%FF%E2%82%AC-of-it",
        "plain-of-it",
    ],
)
def test_a_password_within_a_url_is_a_secret_as_it_is_written_and_as_it_is_meant(password: str) -> None:
    assert {password, unquote(password)} <= values(f"DATABASE_URL=mysql://site:{password}@db:3306/site\n")


@pytest.mark.parametrize("end", ["cat", "exit 1"], ids=["goes well", "fails"])
@pytest.mark.parametrize("before", [0, 7_990, 1 << 20])
def test_what_git_prints_is_masked_before_it_is_kept_or_cut(host: LocalHost, end: str, before: int) -> None:
    host.origin.commit({".gitattributes": "page filter=told\n", "page": "a page\n"})
    (host.home / "runtime/source/.env.local").write_text(f"KEY={VALUE}\n")
    host.use(runtime_files=[".env.local"])
    smudge = host.home / "smudge"
    smudge.write_text(f"{{ head -c {before} /dev/zero | tr '\\0' x; echo KEY={VALUE}; echo told; }} >&2; {end}\n")
    (host.home / ".gitconfig").write_text(f'[filter "told"]\n\tsmudge = sh {smudge}\n\trequired\n')
    host.variables["GIT_CONFIG_GLOBAL"] = str(host.home / ".gitconfig")
    done = host.build()
    seen = said(host, done)
    assert done.code == (0 if end == "cat" else 3)
    assert "told" in host.log(host.history()[-1]["name"])
    assert [part for part in (VALUE, VALUE[:9], VALUE[9:]) if part in seen] == []
