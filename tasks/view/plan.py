"""What a release would do: from which commit to which, what it builds, what it removes, what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from tasks.view.page import Page
from tasks.view.stream import AskedFor
from tasks.view.words import Words, clean

if TYPE_CHECKING:
    from tasks.config.models import Environment

Field = tuple[str, Words | str]


def show_plan(
    environment: Environment,
    state: Mapping[str, Any],
    facts: Mapping[str, str],
    choice: str,
    hosts: Sequence[str] = (),
    stream: TextIO | None = None,
) -> None:
    """What a release of `choice`, a ref or a finished release, would do, on these of several hosts.

    `facts` are what host/plan.py reports.
    """
    page = Page(stream, kind=AskedFor)
    where = f" on {', '.join(map(clean, hosts))}" if hosts else ""
    page.line(f"{clean(environment.name)}: plan for {clean(choice)}{where}", "bold")
    page.fields([*_commits(state, facts), *_work(environment, state, facts, choice), *_after(environment, state)])
    for key, count in (("commits", "commit_count"), ("files", "file_count")):
        if lines := [clean(line) for line in facts.get(key, "").split("\n") if line]:
            page.line()
            page.line(f"{key} ({clean(facts.get(count, ''))})", "bold")
            for line in lines:
                page.line(line, indent="  ")


def _commits(state: Mapping[str, Any], facts: Mapping[str, str]) -> Iterator[Field]:
    live = state.get("live")
    yield "commit", Words((clean(facts.get("commit", ""))[:12], "bold"), f"  {clean(facts.get('subject', ''))}")
    if not live:
        yield "live", "nothing yet"
        return
    yield "live", clean(f"{live['name']}  {live.get('ref') or '-'}  {(live.get('commit') or 'commit unknown')[:12]}")
    if "base" not in facts:
        yield "since", Words(("unknown: the live commit is not in the repository", "yellow"))
        return
    if facts["base"] == facts.get("commit"):
        yield "since", "nothing: this commit is live, and would be built anew"
        return
    yield "since", f"{_count(facts['commit_count'], 'commit')}, {_count(facts['file_count'], 'file')}"
    if facts.get("left_out", "0") != "0":
        lost = _count(facts["left_out"], "commit")
        yield "BACKWARDS", Words((f"{lost} of what is live would be left out", "bold red"))


def _work(environment: Environment, state: Mapping[str, Any], facts: Mapping[str, str], choice: str) -> Iterator[Field]:
    if any(release["name"] == choice for release in state.get("releases", ())):
        yield "build", "nothing: it is built already"
    else:
        for app in environment.apps:
            yield "build", Words(app.name, (f"  in {app.path}, {_count(str(len(app.bootstrap)), 'command')}", "dim"))
        for each in (*environment.publish, *environment.verify):
            yield "then", clean(each if isinstance(each, str) else each.label)
    for command in environment.migrate:
        yield "migrate", clean(command)
    for file in filter(None, facts.get("migrations", "").split("\n")):
        yield "migrations", Words((clean(file), "" if environment.migrate else "yellow"))
    if facts.get("migrations") and not environment.migrate:
        yield "migrations", Words(("hosts.yml has no migrate: nothing would run them", "yellow"))
    for name in facts.get("prune", "").split():
        yield "prune", clean(name)


def _after(environment: Environment, state: Mapping[str, Any]) -> Iterator[Field]:
    for service in environment.services:
        yield "services", clean(service.label)
    for check in environment.health:
        yield "health", clean(check.url)
    if hold := state.get("hold"):
        yield "hold", Words((clean(f"{hold['by']}: {hold['reason']}, since {hold['since']}"), "yellow"))


def _count(number: str, word: str) -> str:
    return f"{number} {word}" + ("" if number == "1" else "s")


def request_lines(requests: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Requests for a person: per host and user, each phase with its steps, and the commands of hosts.yml in order."""
    where = ""
    for each in requests:
        login, request = f"{each['user']} on {each['address']}", each["request"]
        if login != where:
            yield login
        where = login
        yield f"  {request['phase']}"
        for name, function, arguments, _ in request["steps"]:
            yield f"    {clean(name)}"
            for label, folder, commands in arguments[0] if function.endswith(":run_lanes") else ():
                yield from (f"      {clean(label)}, in {clean(folder)}: {clean(command)}" for command in commands)
