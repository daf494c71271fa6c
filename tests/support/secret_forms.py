"""How files hold a secret, and how programs write it."""

import base64
import html
import json
import shlex
import textwrap
from collections.abc import Callable
from urllib.parse import quote, quote_plus


def formats(value: str) -> dict[str, str]:
    """Runtime files of every format, each with this value in it."""
    in_url = quote(value, safe="")
    return {
        "dotenv": f"KEY={value}\n",
        "dotenv, quoted": f"export KEY='{value}' # the key\n",
        "after an apostrophe": f"# don't\nKEY={value}\n# it's\n",
        "windows": f"A=1\r\nKEY={value}\r\n",
        ".env.local.php": f"<?php\n\nreturn array (\n  'APP_SECRET' => '{value}',\n);\n",
        "a DSN in PHP": f'return ["dsn" => "smtp://joe:{in_url}@mail:25"];',
        "YAML": f"parameters:\n  secret: {value}\n",
        "YAML, quoted, in a list": f"p:\n  - secret: '{value}' # x\n",
        "YAML, flow": f"p: {{secret: {value}, b: c}}\n",
        "YAML, block": f"p: |\n  {value}\n  more\n",
        "XML element": f"<config><password>{value}</password></config>",
        "XML attribute": f'<config password="{value}"/>',
        "XML CDATA": f"<a><![CDATA[{value}]]></a>",
        ".npmrc": f"//registry.example/:_authToken={value}\n",
        ".netrc": f"machine git.example login joe password {value}\n",
        ".netrc, lines": f"machine git.example\n  login joe\n  password {value}\n",
        ".pgpass": f"db.example:5432:app:joe:{value}\n",
        "my.cnf": f"[client]\nuser = joe\npassword = {value}\n",
        "my.cnf, quoted": f'[client]\npassword="{value}"\n',
        "ini": f"a = {value} ; comment\n",
        "TOML": f'[a]\nkey = "{value}" # x\n',
        "properties": f"db.password:{value}\n",
        "JSON": json.dumps({"a": [{"b": value}]}),
        "JSON with comments": f'{{\n // the key\n "key": "{value}", /* x */\n}}',
        "auth.json of PHP": json.dumps({"http-basic": {"repo.example": {"password": value}}}).replace("/", "\\/"),
        "URL": f'DATABASE_URL="mysql://joe:{in_url}@db:3306/app?x=1"\n',
        "connection string": f'DSN="host=db;password={value};dbname=app"\n',
        "PEM": f"-----BEGIN KEY-----\n{value}\n-----END KEY-----\n",
        "PEM in one line": f"KEY=-----BEGIN KEY-----\\nMIIBOgIBAAJB\\n{value}\\n-----END KEY-----\n",
        "no separator": f"{value}\n",
        "YAML, list": f"tokens:\n  - other-token\n  - {value}\n",
        "YAML, flow list": f"tokens: [first-token-1, {value}]\n",
        "YAML, folded": f"p:\n  secret: >-\n    {value}\n  b: c\n",
        "a list with commas": f"KEYS=first-token-1,{value}\n",
        "heredoc": f"<?php return ['p' => <<<EOT\n  {value}\n  EOT];\n",
        "TOML, three quotes": f"k = '''\nit's more\n{value}'''\n",
        "continued": f"KEY={value[:8]}\\\n  {value[8:]}\n",
        "XML, entities": f"<a><password>{value.replace('/', '&#47;')}</password></a>",
        "query of a DSN": f"D=sqs://sqs.example/q?access_key=AKIA0&secret_key={in_url}\n",
        "user of a DSN": f"D=sendgrid+api://{in_url}@default\n",
        "user of a DSN in JSON": json.dumps({"dsn": f"https://{in_url}:x@mail"}).replace("/", "\\/"),
        "libpq, quoted": f"D=\"host=db password='{value}' dbname=x\"\n",
        "composed": f"A={value[:4]}\nB='{value[4:]}'\nK=${{A}}$B\n",
        "in a call": f"putenv('A_KEY={value}');\n",
        "Apache": f"SetEnv A_KEY {value}\n",
        "a header": f"Authorization: Bearer {value}\n",
        "JSON in a setting": f"KEY='{json.dumps({'a': value})}'\n",
    }


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
    "grep in colour": lambda text: f"\x1b[01;31m\x1b[K{text[:5]}\x1b[m\x1b[K{text[5:]}",
    "a control character": lambda text: f"{text[:5]}\x01\x07\0{text[5:]}",
    "a cursor": lambda text: f"{text[:5]}\x1b[?25l\x1b[1C\x1b(B{text[5:]}",
    "a link": lambda text: f"\x1b]8;;http://x\x07{text[:5]}\x1b]8;;\x07{text[5:]}",
    "a title": lambda text: f"\x1b]0;{text}\x07",
    "UTF-16": lambda text: text.encode("utf-16-le").decode("latin-1") if text.isascii() else text,
    "a soft hyphen": lambda text: f"{text[:5]}\xad\u200b{text[5:]}",
    "JSON in JSON": lambda text: json.dumps(json.dumps({"a": text})).replace("/", "\\/"),
    "JSON in HTML": lambda text: html.escape(json.dumps(text)),
    "HTML in JSON": lambda text: json.dumps(html.escape(text)),
    "JSON in a URL": lambda text: quote(json.dumps(text), safe=""),
    "URL, twice": lambda text: quote(quote(text, safe=""), safe=""),
    "base64 in JSON of PHP": lambda text: base64.b64encode(text.encode()).decode().replace("/", "\\/"),
    "base64 in a URL": lambda text: quote(base64.b64encode(f"joe:{text}".encode()).decode(), safe=""),
    "bytes of Python": lambda text: repr(text.encode()),
    "bash -x": lambda text: "'" + text.replace("'", "'\\''") + "'",
    "shlex.quote": shlex.quote,
    "printf %q": lambda text: "".join(char if char.isalnum() else f"\\{char}" for char in text),
    "cut by PHP": lambda text: f"'{text[:15]}...'" if len(text) > 15 else text,
    "cut in HTML": lambda text: html.escape(text)[:13] + "...",
}
