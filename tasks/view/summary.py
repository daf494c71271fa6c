"""What a build, a release, a deploy or a rollback has come to."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from tasks.view.page import Page
from tasks.view.text import clean, duration
from tasks.view.view import View
from tasks.view.words import Words, words

_SLOWEST = 3


@dataclass(frozen=True, slots=True)
class Summary:
    """The outcome of one verb: what is live now, what was before, and what to type next.

    `built` is a release that is there but not live; `seconds` is what the whole verb took.
    """

    environment: str
    verb: str
    live: str
    ref: str = ""
    commit: str = ""
    before: str = ""
    built: str = ""
    seconds: float = 0.0
    pending: bool = False
    next: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def show_summary(
    summary: Summary,
    view: View | None = None,
    stream: TextIO | None = None,
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Print it to stdout. `view` knows the steps that took longest."""
    page = Page(stream, environ)
    page.line()
    page.line(_headline(summary))
    page.fields(_fields(summary, view.steps if view else ()))


def _headline(summary: Summary) -> Words:
    where = f"{clean(summary.environment)}: "
    if summary.built:
        return words((where, "bold"), (clean(summary.built), "bold green"), (" is built, and not live", "bold"))
    if not summary.live:
        return words((where, "bold"), ("nothing is live", "bold"))
    return words((where, "bold"), (clean(summary.live), "bold green"), (" is live", "bold"))


def _fields(summary: Summary, steps: Sequence[tuple[str, float]]) -> Iterator[tuple[str, Words | str]]:
    if what := ", ".join(filter(None, (clean(summary.ref), clean(summary.commit)[:12]))):
        yield "ref", what
    if summary.built:
        yield "live", clean(summary.live) or "nothing yet"
    elif summary.before:
        yield "before", clean(summary.before)
    yield "took", _took(summary.seconds, steps)
    if summary.pending:
        yield "pending", words(("post-release: the services still run what was live before", "yellow"))
    for warning in summary.warnings:
        yield "warning", words((clean(warning), "yellow"))
    for command in summary.next:
        yield "next", words((clean(command), "bold"))


def _took(seconds: float, steps: Sequence[tuple[str, float]]) -> Words:
    slowest = sorted((step for step in steps if step[1] >= 1), key=lambda step: step[1], reverse=True)[:_SLOWEST]
    longest = ", ".join(f"{name} {duration(spent)}" for name, spent in slowest)
    return words(duration(seconds), (f"  ({longest})" if longest else "", "dim"))
