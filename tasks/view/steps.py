"""Requests as a person reads them: per host and user, each phase with its steps, and the commands of hosts.yml in order."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tasks.view.text import clean


def lines(requests: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is printed for `plan --steps`."""
    where = ""
    for request in requests:
        login = f"{request['user']} on {request['address']}"
        if login != where:
            yield login
            where = login
        yield f"  {request['request']['phase']}"
        for name, function, arguments, _ in request["request"]["steps"]:
            yield f"    {clean(name)}"
            if function.endswith(":run_lanes"):
                yield from _commands(arguments[0])


def _commands(lanes: Sequence[Sequence[Any]]) -> Iterator[str]:
    for label, folder, commands in lanes:
        for command in commands:
            yield f"      {clean(label)}, in {clean(folder)}: {clean(command)}"
