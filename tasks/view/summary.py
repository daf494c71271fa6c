"""What a build, a release, a deploy or a rollback has come to."""

from collections.abc import Sequence
from typing import TextIO

from tasks.view.page import Page
from tasks.view.words import Words, clean, duration

_SLOWEST = 3


def show_summary(
    environment: str,
    live: str,
    *,
    built: str = "",
    before: str = "",
    ref: str = "",
    commit: str = "",
    seconds: float = 0.0,
    steps: Sequence[tuple[str, float]] = (),
    pending: bool = False,
    next: Sequence[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Print what is live now, what was before, and what to type next.

    `built` is a release that is there but not live; `seconds` is what the verb took, and those of `steps` what each step took.
    """
    name, outcome = (built, " is built, and not live") if built else (live, " is live" if live else "nothing is live")
    page = Page(stream)
    page.line()
    page.line(Words((f"{clean(environment)}: ", "bold"), (clean(name), "bold green"), (outcome, "bold")))
    fields: list[tuple[str, Words | str]] = [
        ("ref", ", ".join(filter(None, (clean(ref), clean(commit)[:12])))),
        ("live", (clean(live) or "nothing yet") if built else ""),
        ("before", "" if built else clean(before)),
        ("took", _took(seconds, steps)),
        ("pending", Words(("post-release: the services still run what was live before", "yellow")) if pending else ""),
        *(("next", Words((clean(command), "bold"))) for command in next),
    ]
    page.fields(field for field in fields if field[1])


def _took(seconds: float, steps: Sequence[tuple[str, float]]) -> Words:
    slowest = sorted((step for step in steps if step[1] >= 1), key=lambda step: step[1], reverse=True)[:_SLOWEST]
    longest = ", ".join(f"{name} {duration(spent)}" for name, spent in slowest)
    return Words(duration(seconds), (f"  ({longest})" if longest else "", "dim"))
