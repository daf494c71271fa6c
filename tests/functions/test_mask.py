"""Secrets are found whatever format their file has, and however a program writes them."""

import base64
import html
import json
import textwrap
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.host.mask import Mask
from tasks.host.secrets import values

VALUE = "s3cr3t-Of/the+Site"
IN_URL = quote(VALUE, safe="")

FORMATS = {
    "dotenv": f"KEY={VALUE}\n",
    "dotenv, quoted": f"export KEY='{VALUE}' # the key\n",
    "after an apostrophe": f"# don't\nKEY={VALUE}\n# it's\n",
    "windows": f"A=1\nKEY={VALUE}\n",
    ".env.local.php": f"<?php\n\nreturn array (\n  'APP_SECRET' => '{VALUE}',\n);\n",
    "a DSN in PHP": f'return ["dsn" => "smtp://joe:{IN_URL}@mail:25"];',
    "YAML": f"parameters:\n  secret: {VALUE}\n",
    "YAML, quoted, in a list": f"p:\n  - secret: '{VALUE}' # x\n",
    "YAML, flow": f"p: {{secret: {VALUE}, b: c}}\n",
    "YAML, block": f"p: |\n  {VALUE}\n  more\n",
    "XML element": f"<config><password>{VALUE}</password></config>",
    "XML attribute": f'<config password="{VALUE}"/>',
    "XML CDATA": f"<a><![CDATA[{VALUE}]]></a>",
    ".npmrc": f"//registry.example/:_authToken={VALUE}\n",
    ".netrc": f"machine git.example login joe password {VALUE}\n",
    ".netrc, lines": f"machine git.example\n  login joe\n  password {VALUE}\n",
    ".pgpass": f"db.example:5432:app:joe:{VALUE}\n",
    "my.cnf": f"[client]\nuser = joe\npassword = {VALUE}\n",
    "my.cnf, quoted": f'[client]\npassword="{VALUE}"\n',
    "ini": f"a = {VALUE} ; comment\n",
    "TOML": f'[a]\nkey = "{VALUE}" # x\n',
    "properties": f"db.password:{VALUE}\n",
    "JSON": json.dumps({"a": [{"b": VALUE}]}),
    "JSON with comments": f'{{\n // the key\n "key": "{VALUE}", /* x */\n}}',
    "auth.json of PHP": json.dumps({"http-basic": {"repo.example": {"password": VALUE}}}).replace("/", "\\/"),
    "URL": f'DATABASE_URL="mysql://joe:{IN_URL}@db:3306/app?x=1"\n',
    "connection string": f'DSN="host=db;password={VALUE};dbname=app"\n',
    "PEM": f"-----BEGIN KEY-----\n{VALUE}\n-----END KEY-----\n",
    "no separator": f"{VALUE}\n",
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_value_is_found_in_every_format(name: str) -> None:
    assert Mask(values(FORMATS[name]))(f"before {VALUE} after".encode()) == b"before **** after"


def test_escapes_of_pgpass_are_taken_away() -> None:
    assert "s3c:r3t\\Of" in values("db:5432:app:joe:s3c\\:r3t\\\\Of\n")


def test_a_key_and_a_word_of_anybody_are_no_values() -> None:
    found = values("APP_ENV=production\nuser_password=s3cr3t-of-it\nfield=user_password\nHOST: localhost\n")
    assert [value for value in found if len(value) >= 8] == ["s3cr3t-of-it"]


WRITERS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": json.dumps,
    "JSON of PHP": lambda text: json.dumps(text).replace("/", "\\/"),
    "JSON, tags and quotes in hex": lambda text: json.dumps(text).replace("&", "\\u0026").replace("<", "\\u003C"),
    "HTML": html.escape,
    "HTML, numbers": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "URL": lambda text: quote(text, safe=""),
    "URL, form": quote_plus,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, after something": lambda text: base64.b64encode(f"joe:{text}\n".encode()).decode(),
    "base64, URL": lambda text: base64.urlsafe_b64encode(f"ab{text}".encode()).decode(),
    "base64, wrapped": lambda text: "\n".join(textwrap.wrap(base64.b64encode(f"{'x' * 70}{text}".encode()).decode(), 76)),
    "wrapped": lambda text: "\n".join(text[at : at + 7] for at in range(0, len(text), 7)),
    "wrapped in a frame": lambda text: "   \n !     ".join(text[at : at + 8] for at in range(0, len(text), 8)),
    "wrapped in JSON": lambda text: "  \n  ".join(textwrap.wrap(json.dumps(text), 9)),
    "wrapped in colour": lambda text: f"\x1b[37;41m  {text[:5]}\x1b[39;49m\n\x1b[37;41m  {text[5:]}\x1b[0m",
}
SECRETS = {"plain": "s3cr3t-of-the-site", "every sign": 'p@ss/w&rd"<é>%x y', "looks like a frame": "#abc!d|ef//g>h*i+j"}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_value_is_masked_however_it_is_written(secret: str, writer: str) -> None:
    masked = Mask([secret])(f"before {WRITERS[writer](secret)} after".encode()).decode()
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert "****" in masked
    left = masked.replace("before ", "").replace(" after", "").replace("****", "")
    assert secret[:6] not in left
    assert len(left) <= 130 if "base64" in writer else len(left) <= 20


def test_values_that_overlap_leave_nothing_of_either() -> None:
    assert Mask(["abcdefgh12", "gh12-3456"])(b"x abcdefgh12-3456 y") == b"x **** y"


def test_words_side_by_side_are_no_value() -> None:
    assert Mask(["thatisit-all"])(b"that isit -all") == b"that isit -all"


LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Zs", "Zl", "Zp"), exclude_characters="*")


@given(st.lists(st.text(LETTERS, min_size=8, max_size=30), min_size=1, max_size=5), st.lists(st.integers(0, 200), max_size=6))
def test_no_value_is_left_wherever_reads_end(secrets: list[str], cuts: list[int]) -> None:
    text = "\n".join(f"a {secret} b" for secret in secrets).encode()
    mask, kept, passed, at = Mask(secrets), b"", b"", 0
    for cut in [*sorted(cuts), len(text)]:
        done, kept = mask.begin(kept + text[at:cut], 64)
        passed, at = passed + done, cut
    passed += mask(kept)
    assert [secret for secret in secrets if secret.encode() in passed] == []
