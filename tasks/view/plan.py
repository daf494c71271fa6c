"""What a release would do: from which commit to which, what it builds, what it removes, what follows."""

from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from rich.text import Text

from tasks.config.models import Environment
from tasks.view.page import Page, words
from tasks.view.text import clean

Field = tuple[str, Text | str]


def show_plan(
    environment: Environment,
    state: Mapping[str, Any],
    facts: Mapping[str, str],
    choice: str,
    stream: TextIO | None = None,
) -> None:
    """The plan for `choice`, a ref or a release that was built before. `facts` are what lib/plan.sh tells."""
    page = Page(stream)
    page.line(words((f"{environment.name}: plan for {clean(choice)}", "bold")))
    page.fields([*_commits(state, facts), *_work(environment, state, facts, choice), *_after(environment, state)])
    for title, key, count in (("commits", "commits", "commit_count"), ("files", "files", "file_count")):
        _listed(page, title, facts.get(key, ""), facts.get(count, ""))
    page.line()
    page.line("Nothing was changed.", "dim")


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


def _work(
    environment: Environment, state: Mapping[str, Any], facts: Mapping[str, str], choice: str
) -> Iterator[Field]:
    if any(release["name"] == choice for release in state.get("releases", ())):
        yield "build", "nothing: it is built already"
    else:
        for app in environment.apps:
            yield "build", words(app.name, (f"  in {app.path}, {_count(str(len(app.bootstrap)), 'command')}", "dim"))
        for command in (*environment.publish, *environment.verify):
            yield "then", clean(command)
    for command in environment.migrate:
        yield "migrate", clean(command)
    for file in facts.get("migrations", "").splitlines():
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


def _listed(page: Page, title: str, text: str, count: str) -> None:
    lines = [clean(line) for line in text.splitlines()]
    if not lines:
        return
    page.line()
    page.line(words((f"{title} ({count})", "bold")))
    for line in lines:
        page.line(line, indent="  ")


def _count(number: str, word: str) -> str:
    return f"{number} {word}" + ("" if number == "1" else "s")
