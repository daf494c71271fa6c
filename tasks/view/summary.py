"""What a build, a release, a deploy or a rollback has come to."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TextIO

from tasks.view.page import Page
from tasks.view.words import Words, clean, duration

_SLOWEST = 3


def show_summary(
    environment: str,
    lives: Mapping[str, Sequence[str]],
    *,
    hosts: Sequence[str] = (),
    built: str = "",
    before: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ref: str = "",
    commit: str = "",
    seconds: float = 0.0,
    steps: Sequence[tuple[str, float]] = (),
    pending: bool = False,
    next: Sequence[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Print what is live now, what was before, and what to type next.

    `lives` has what is live, and on which hosts, and `before` what was live before; `built` is a release that is there but not
    live; `seconds` is what the verb took, and those of `steps` what each step took.
    """
    name, outcome = _outcome(built, [*lives])
    unlike = len(lives) > 1
    page = Page(stream)
    page.line()
    page.line(Words((f"{clean(environment)}: ", "bold"), (clean(name), "bold green"), (outcome, "bold")))
    fields: list[tuple[str, Words | str]] = [
        ("ref", ", ".join(filter(None, (clean(ref), clean(commit)[:12]))) if built or not unlike else ""),
        *(
            ("live", _on(live or "nothing yet", some, hosts if unlike else some))
            for live, some in lives.items()
            if built or unlike
        ),
        *(("before", _on(name, some, hosts)) for name, some in before.items() if not built),
        ("hosts", ", ".join(map(clean, hosts)) if hosts[1:] else ""),
        ("took", _took(seconds, steps)),
        ("pending", Words(("post-release: the services still run what was live before", "yellow")) if pending else ""),
        *(("next", Words((clean(command), "bold"))) for command in next),
    ]
    page.fields(field for field in fields if field[1])


def _outcome(built: str, lives: Sequence[str]) -> tuple[str, str]:
    """A name, and what is true of it."""
    if built:
        return built, " is built, and not live"
    if lives[1:]:
        return "", f"{len(lives)} releases are live"
    return lives[0], " is live" if lives[0] else "nothing is live"


def _on(release: str, some: Sequence[str], hosts: Sequence[str]) -> str:
    """A release, and the hosts that it is on, where it is not on all."""
    return clean(release) + (f"  ({', '.join(map(clean, some))})" if set(some) != set(hosts) else "")


def _took(seconds: float, steps: Sequence[tuple[str, float]]) -> Words:
    longest_of: dict[str, float] = {}
    for name, spent in steps:  # of several hosts the slowest
        longest_of[name] = max(spent, longest_of.get(name, 0.0))
    some = (step for step in longest_of.items() if step[1] >= 1)
    slowest = sorted(some, key=lambda step: step[1], reverse=True)[:_SLOWEST]
    longest = ", ".join(f"{name} {duration(spent)}" for name, spent in slowest)
    return Words(duration(seconds), (f"  ({longest})" if longest else "", "dim"))
