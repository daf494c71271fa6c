"""What is wrong in hosts.yml, where, and what was expected: pydantic's findings in the words of the file."""

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tasks.config import models, service
from tasks.config.ec2 import Ec2
from tasks.config.section import Section, keys_of
from tasks.config.words import nearest, shown

Where = tuple[str | int, ...]
PLAIN_KEY = re.compile(r"[\w@/*-]{1,60}")
SECTIONS: dict[str, type[Section]] = {
    "address": Ec2,
    "drain": models.Drain,
    "runtime_files": models.RuntimeFile,
    "persistent_links": models.LinkTarget,
    "apps": models.AppKeys,
    "health": models.HealthCheck,
    "request": models.PhpRequest,
    "systemd": service.SystemdService,
    "supervisor": service.SupervisorService,
    "run": service.RunService,
}
TAGGED = ("services", "verify")
"""Lists whose entries are of several kinds: pydantic's way to a value names the kind after the entry."""

TYPES = {
    bool: "true or false",
    int: "a whole number",
    str: "text",
    list: "a list",
    dict: "a mapping",
    type(None): "nothing",
}
AS_TEXT = "put quotes around it"
ADDRESSES = "an address, or a list of addresses"
HALF = r"holds half a character (an escape from \ud800 to \udfff)"


class Mistake(NamedTuple):
    """One line of the report; `where` is the way to the value from the top of the file."""

    where: Where
    sentence: str

    def __str__(self) -> str:
        return f"{place(self.where)}: {self.sentence}" if self.where else self.sentence


def place(where: Where) -> str:
    """`hosts.prod.services[1]`: a key that is not a plain word stands in quotes."""
    keys = (f"[{key}]" if isinstance(key, int) else f".{key if PLAIN_KEY.fullmatch(key) else shown(key)}" for key in where)
    return "".join(keys).removeprefix(".")


def kind(value: object) -> str:
    """What a value is, in the words of somebody who writes YAML; never the value itself, which may be a secret."""
    return TYPES.get(type(value), "a number with a point")


def findings(error: ValidationError, block: dict[str, Any]) -> list[Mistake]:
    """What pydantic found in a block, in the order of the file, each at its place in the block."""
    order = {key: number for number, key in enumerate(block)}
    errors = sorted(error.errors(include_url=False), key=lambda each: order.get(str(each["loc"][0]), len(order)))
    misspelt = {(*each["loc"][:-1], _meant(each)) for each in errors if each["type"] == "extra_forbidden"}
    wanted = (each for each in errors if not (each["type"] == "missing" and each["loc"] in misspelt))
    return [Mistake(_where(each["loc"], block), SENTENCES[each["type"]](each)) for each in wanted]


def _where(loc: Where, block: Any) -> Where:
    """pydantic's way to a value without what is not in the file: services' tags, marks of keys, long forms of short ones."""
    at, rest = _of_one_host(loc)
    if rest[0] in TAGGED and len(rest) > 2:
        loc = (*at, *rest[:2], *rest[3:])
    where: Where = ()
    for step in loc:
        if not isinstance(block, list | dict) or step == "[key]":
            break
        where = (*where, step)
        block = block.get(step) if isinstance(block, dict) else block[int(step)]
    return where


def _known(error: ErrorDetails) -> list[str]:
    """The keys that could stand where an unknown one does."""
    at, loc = _of_one_host(error["loc"])
    if len(loc) == 1:
        return keys_of(models.Address if at else models.Settings)
    return keys_of(SECTIONS[str(loc[2] if loc[0] in TAGGED else loc[0])])


def _of_one_host(loc: Where) -> tuple[Where, Where]:
    """The way to an entry of `address`, and the rest of the way within it; nothing and all of it for any other place."""
    return (loc[:2], loc[2:]) if loc[0] == "address" and len(loc) > 2 and isinstance(loc[1], int) else ((), loc)


def _meant(error: ErrorDetails) -> str | None:
    return next(iter(get_close_matches(str(error["loc"][-1]), _known(error), n=1)), None)


def _found(expected: str, error: ErrorDetails, empty: str = "") -> str:
    hint = f": write {empty} for an empty one" if empty and error["input"] is None else ""
    return f"expected {expected}, found {kind(error['input'])}{hint}"


def _text(error: ErrorDetails) -> str:
    hints = {dict: f" (text with a colon and a space in it: {AS_TEXT})", type(None): f" (a lone ~: {AS_TEXT})", list: ""}
    return _found("text", error) + hints.get(type(error["input"]), f": {AS_TEXT}")


def _number(error: ErrorDetails) -> str:
    value = error["input"]
    if not (isinstance(value, str) and value.strip().isdecimal() and len(value) < 19):
        return _found("a whole number", error)
    plain = str(int(value))
    return _found("a whole number", error) + (": take the quotes away" if value.strip() == plain else f": write it as {plain}")


def _section(error: ErrorDetails) -> str:
    if error["loc"][0] == "address" and isinstance(error["loc"][-1], int):
        return _found("an address or a mapping", error)
    short = error["loc"][0] in ("runtime_files", "persistent_links")
    return _found("a path or a mapping", error) if short else _found("a mapping", error, "{}")


def _choice(error: ErrorDetails) -> str:
    expected, value = error["ctx"]["expected"].replace("'", ""), error["input"]
    found = shown(value) if isinstance(value, str) else kind(value)
    return f"expected {expected}, found {found}" + nearest(value, expected.split(" or "))


def _service(error: ErrorDetails) -> str:
    unknown = [key for key in error["input"] if key not in service.KINDS] if isinstance(error["input"], dict) else []
    return error["msg"] + next(filter(None, (nearest(key, service.KINDS) for key in unknown)), "")


SENTENCES: dict[str, Callable[[ErrorDetails], str]] = {
    "mistake": lambda error: error["msg"],
    "missing": lambda _: "is required",
    "extra_forbidden": lambda error: "is not a known key" + nearest(error["loc"][-1], _known(error)),
    "string_type": _text,
    "string_too_short": lambda _: "must not be empty",
    "string_unicode": lambda _: HALF,
    "int_type": _number,
    "bool_type": lambda error: _found("true or false", error),
    "tuple_type": lambda error: _found(ADDRESSES if error["loc"] == ("address",) else "a list", error, "[]"),
    "dict_type": lambda error: _found("a mapping", error, "{}"),
    "mapping_type": lambda error: _found("a mapping", error, "{}"),
    "model_type": _section,
    "literal_error": _choice,
    "service_kind": _service,
    "greater_than_equal": lambda error: f"expected {error['ctx']['ge']} or more, found {error['input']}",
    "less_than_equal": lambda error: f"expected {error['ctx']['le']} or less, found {error['input']}",
}
