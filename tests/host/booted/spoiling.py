"""A host where all is well, spoilt in many ways at once, and what check then says: a line for each."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.checked import shown
from tests.support.lines import Lines
from tests.support.shop import Shop


@dataclass(frozen=True)
class Spoilt:
    """One thing that is wrong: how it is made so and mended, by root, and the line that says it."""

    line: str
    level: str
    do: str = ""
    undo: str = ""
    todo: str = ""
    keys: Mapping[str, Any] = field(default_factory=dict)

    @contextmanager
    def on(self, shop: Shop) -> Iterator[None]:
        """The host is like this for a while."""
        shop.host.sh(self.do or "true")
        try:
            yield
        finally:
            shop.host.sh(self.undo or "true")


class Checks:
    """What check says of each group of things that are wrong at once; a group is made so once."""

    def __init__(self, shop: Shop, groups: Mapping[str, Sequence[Spoilt]]) -> None:
        self.shop, self.groups = shop, groups
        self._told: dict[str, Lines] = {}

    def told(self, group: str) -> Lines:
        """What check says while all of a group is wrong."""
        if group not in self._told:
            self._told[group] = self._check(self.groups[group])
        return self._told[group]

    def _check(self, spoilt: Sequence[Spoilt]) -> Lines:
        keys: dict[str, Any] = {}
        for each in spoilt:
            for key, value in each.keys.items():
                keys[key] = [*keys.get(key, []), *value]
        with ExitStack() as wrong:
            for each in spoilt:
                wrong.enter_context(each.on(self.shop))
            self.shop.write(prod=keys)
            wrong.callback(self.shop.write)
            fails = any(each.level == "fail" for each in spoilt)
            return shown(self.shop.fab("check", code=3 if fails else 0))

    def assert_said(self, group: str, spoilt: Spoilt) -> None:
        """The line is there, at its level, with what to do."""
        lines = getattr(self.told(group), spoilt.level)
        found = [line for line in lines if spoilt.line in line]
        assert len(found) == 1, self.told(group)
        assert spoilt.todo in found[0].partition(" -> ")[2]


def each_of(groups: Mapping[str, Sequence[Spoilt]]) -> pytest.MarkDecorator:
    """A test for each line of each group."""
    pairs = [(group, spoilt) for group, all_of_it in groups.items() for spoilt in all_of_it]
    return pytest.mark.parametrize(("group", "spoilt"), pairs, ids=[f"{group}: {spoilt.line}" for group, spoilt in pairs])
