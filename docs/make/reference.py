"""The page of every key of hosts.yml, from the models: `python -m docs.make.reference > docs/hosts.md`."""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from docs.make.schema import schema

REQUIRED = {"repository"}
TITLES = {
    "Settings": "defaults, and each environment under hosts",
    "Address": "address: one of several",
    "FromEc2": "address, in place of a list",
    "Ec2": "address: ec2",
    "Drain": "drain",
    "AppKeys": "apps: NAME",
    "RuntimeFile": "runtime_files",
    "LinkTarget": "persistent_links: PATH",
    "SystemdService": "services: systemd",
    "SupervisorService": "services: supervisor",
    "RunService": "services: run",
    "HealthCheck": "health",
    "PhpRequest": "verify: php",
}
TOP = """# Every key of hosts.yml

Made from the models by `make schema`. [hosts.yml](../hosts.yml) shows them in use. Keys that start with `x-` are free, for
notes and YAML anchors. Every key but the required ones may be left out; without `address`, the name of the environment is
the address.
"""
TYPES = {"string": "text", "integer": "number", "boolean": "true or false", "object": "mapping", "array": "list"}


def text() -> str:
    """The page as it lies in docs/hosts.md."""
    sections = schema()["$defs"]
    return TOP + "".join(_section(title, sections[name]) for name, title in TITLES.items())


def _section(title: str, section: Mapping[str, Any]) -> str:
    required = set(section.get("required", ())) | REQUIRED
    rows = [_row(key, about, key in required) for key, about in section["properties"].items()]
    head = "| key | value | default | meaning |\n| --- | --- | --- | --- |\n"
    return f"\n## {title}\n\n{section['description']}\n\n{head}{''.join(rows)}"


def _row(key: str, about: Mapping[str, Any], required: bool) -> str:
    default = "required" if required else _default(about.get("default"))
    return f"| `{key}` | {_value(about)} | {default} | {about['description']} |\n"


def _default(value: Any) -> str:
    return "" if value in (None, []) else f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _value(about: Mapping[str, Any]) -> str:
    if "enum" in about:
        return " or ".join(f"`{each}`" for each in about["enum"])
    if "const" in about:
        return f"`{about['const']}`"
    return " or ".join(dict.fromkeys(_types(about))) + _bounds(about)


def _types(about: Mapping[str, Any]) -> Iterator[str]:
    for each in about.get("anyOf", about.get("oneOf", [about])):
        if each.get("type") != "null":
            yield TYPES[each.get("type", "object")]


def _bounds(about: Mapping[str, Any]) -> str:
    if "maximum" in about:
        return f", {about['minimum']} to {about['maximum']}"
    return f", {about['minimum']} or more" if "minimum" in about else ""


if __name__ == "__main__":
    sys.stdout.write(text())
