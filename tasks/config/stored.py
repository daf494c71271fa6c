"""The environments of a hosts.yml that was found sound before, kept as JSON: neither YAML nor pydantic need be imported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from tasks.config.cache import files, kept
from tasks.config.inventory import Inventory, content, parse

if TYPE_CHECKING:
    from tasks.config.models import Environment

HERE = Path(__file__).parent
PAIRS = ""
"""The key of a mapping's pairs: no field of a section is called so."""


class Stored:
    """A section of hosts.yml with the names and values that its model has, frozen as that is."""

    def __init__(self, keys: Mapping[str, Any]) -> None:
        self.__dict__.update(keys)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} is frozen")


def load(path: Path) -> Inventory:
    """As `inventory.load`, which judges a file only when it, or the code that judges it, has changed. Raises UsageError."""
    data = content(path)
    source = b"\0".join([data, files([*sorted(HERE.glob("*.py"))])])
    text = kept("hosts", source, lambda: json.dumps(plain(dict(parse(path, data)))).encode())
    return Inventory(path, cast("Mapping[str, Environment]", value(json.loads(text))))


def plain(of: Any) -> Any:
    """A value of hosts.yml as JSON has it: a section by its fields, its kind and its label."""
    if isinstance(of, Mapping):
        return {PAIRS: [[key, plain(each)] for key, each in of.items()]}
    if isinstance(of, tuple):
        return [plain(each) for each in of]
    if fields := getattr(type(of), "model_fields", None):
        names = (*fields, *(name for name in ("kind", "label") if hasattr(of, name)))
        return {name: plain(getattr(of, name)) for name in names}
    return of


def value(of: Any) -> Any:
    """The value that `plain` was given."""
    if isinstance(of, list):
        return tuple(value(each) for each in of)
    if not isinstance(of, dict):
        return of
    if PAIRS in of:
        return MappingProxyType({key: value(each) for key, each in of[PAIRS]})
    return Stored({name: value(each) for name, each in of.items()})
