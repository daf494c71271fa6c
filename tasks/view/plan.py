"""What a release would do: from which commit to which, what it builds, what it removes, what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tasks.view.text import clean
from tasks.view.words import Words, words

if TYPE_CHECKING:
    from tasks.config.models import Environment

Field = tuple[str, Words | str]


def fields(environment: Environment, state: Mapping[str, Any], facts: Mapping[str, str], choice: str) -> Iterator[Field]:
    """Label and words, line by line. `facts` are what host/plan.py reports, `choice` a ref or a finished release."""
    yield from _commits(state, facts)
    yield from _work(environment, state, facts, choice)
    yield from _after(environment, state)


def listings(facts: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    """The commits and the files since what is live: a title and lines."""
    for key, count in (("commits", "commit_count"), ("files", "file_count")):
        if lines := [clean(line) for line in facts.get(key, "").split("\n") if line]:
            yield f"{key} ({clean(facts.get(count, ''))})", lines


def _commits(state: Mapping[str, Any], facts: Mapping[str, str]) -> Iterator[Field]:
    live = state.get("live")
    yield "commit", words((clean(facts.get("commit", ""))[:12], "bold"), f"  {clean(facts.get('subject', ''))}")
    if not live:
        yield "live", "nothing yet"
        return
    yield "live", clean(f"{live['name']}  {live.get('ref') or '-'}  {(live.get('commit') or 'commit unknown')[:12]}")
    if "base" not in facts:
        yield "since", words(("unknown: the live commit is not in the repository", "yellow"))
        return
    if facts["base"] == facts.get("commit"):
        yield "since", "nothing: this commit is live, and would be built anew"
        return
    yield "since", f"{_count(facts['commit_count'], 'commit')}, {_count(facts['file_count'], 'file')}"
    if facts.get("left_out", "0") != "0":
        lost = _count(facts["left_out"], "commit")
        yield "BACKWARDS", words((f"{lost} of what is live would be left out", "bold red"))


def _work(environment: Environment, state: Mapping[str, Any], facts: Mapping[str, str], choice: str) -> Iterator[Field]:
    if any(release["name"] == choice for release in state.get("releases", ())):
        yield "build", "nothing: it is built already"
    else:
        for app in environment.apps:
            yield "build", words(app.name, (f"  in {app.path}, {_count(str(len(app.bootstrap)), 'command')}", "dim"))
        for command in (*environment.publish, *environment.verify):
            yield "then", clean(command)
    for command in environment.migrate:
        yield "migrate", clean(command)
    for file in filter(None, facts.get("migrations", "").split("\n")):
        yield "migrations", words((clean(file), "" if environment.migrate else "yellow"))
    if facts.get("migrations") and not environment.migrate:
        yield "migrations", words(("hosts.yml has no migrate: nothing would run them", "yellow"))
    for name in facts.get("prune", "").split():
        yield "prune", clean(name)


def _after(environment: Environment, state: Mapping[str, Any]) -> Iterator[Field]:
    for service in environment.services:
        yield "services", clean(service.label)
    for check in environment.health:
        yield "health", clean(check.url)
    if hold := state.get("hold"):
        yield "hold", words((clean(f"{hold['by']}: {hold['reason']}, since {hold['since']}"), "yellow"))


def _count(number: str, word: str) -> str:
    return f"{number} {word}" + ("" if number == "1" else "s")
