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
    source = b"\0".join([data, files(HERE)])
    text = kept("hosts", source, lambda: json.dumps(parse(path, data), default=plain).encode())
    return Inventory(path, cast("Mapping[str, Environment]", json.loads(text, object_hook=value)))


def plain(of: Any) -> Any:
    """What JSON has not, as it has it: a section by its fields, its kind and its label; a mapping by its pairs."""
    if isinstance(of, Mapping):
        return {PAIRS: list(of.items())}
    return {name: getattr(of, name) for name in (*type(of).model_fields, "kind", "label") if hasattr(of, name)}


def value(keys: dict[str, Any]) -> Any:
    """The mapping, or the section, that `plain` was given."""
    if PAIRS in keys:
        return MappingProxyType(_frozen(dict(keys[PAIRS])))
    return Stored(_frozen(keys))


def _frozen(keys: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(each) if isinstance(each, list) else each for name, each in keys.items()}
