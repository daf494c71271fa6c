"""What must be so on a host whatever has happened: each finding is a sentence that says what is not."""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from tests.support.chaos_site import ChaosSite
from tests.support.chaos_typed import soon

GONE = 40
"""Seconds after which nothing of a run may be running: 20 of silence free a lock."""

QUIET = 20
"""Seconds for what is removed in the background."""

LOOK = "bash /usr/local/lib/chaos/look.sh"
Entry = dict[str, Any]


@dataclass(frozen=True)
class Look:
    """What lies on the host: `sealed` has the content of each release, told short, and what it says of its own name.

    `prints` has what changes of each when somebody writes to it.
    """

    live: str
    sealed: dict[str, str]
    prints: dict[str, str]
    unsealed: list[str]
    left: list[str]
    damaged: list[str]
    held: list[str]
    history: list[Entry]

    @classmethod
    def of(cls, lines: str) -> "Look":
        """From what look.sh prints."""
        told = [[*line.split("\t"), "", ""][:3] for line in lines.splitlines()]

        def each(kind: str) -> list[str]:
            return [" ".join(filter(None, words)) for is_, *words in told if is_ == kind]

        live = next(first for kind, first, _ in told if kind == "live")
        sealed, prints = ({name: text for kind, name, text in told if kind == which} for which in ("sealed", "print"))
        history = [entry for entry in map(readable, each("history")) if entry]
        return cls(PurePath(live).name, sealed, prints, each("unsealed"), each("left"), each("fsck"), each("held"), history)

    @property
    def cutovers(self) -> list[tuple[str, str]]:
        """Which release came after which."""
        return [(entry.get("from", ""), entry["name"]) for entry in self.history if entry["event"] == "done"]

    @property
    def trash(self) -> list[str]:
        """What is removed in the background."""
        return [path for path in self.left if "/trash" in path]


def readable(line: str) -> Entry | None:
    """A line of history; none where a disk was full in its middle."""
    with suppress(ValueError):
        return dict(json.loads(line))
    return None


def look(site: ChaosSite) -> Look:
    """As the host is now."""
    return Look.of(site.host.sh(LOOK))


def always(now: Look, content: str) -> list[str]:
    """What must hold at every moment; `content` is that of a release that is complete."""
    found = [] if now.live in now.sealed else [f"the live link leads to {now.live or 'nothing'}, which is not sealed"]
    for name, said in now.sealed.items():
        if said != f"{content} {name}":
            found.append(f"{name} is sealed and not complete: {said}, and not {content} {name}")
    return found


def unchanged(before: Look, now: Look) -> list[str]:
    """Nobody wrote to a release that was sealed."""
    both = before.prints.keys() & now.prints.keys()
    return [f"{name} was sealed, and was written to" for name in sorted(both) if before.prints[name] != now.prints[name]]


def afterwards(site: ChaosSite, content: str) -> tuple[Look, list[str]]:
    """After a deploy that went well: nothing is left of any that did not."""
    now = look(site)
    if now.trash:
        soon(lambda: not look(site).trash, QUIET)
        now = look(site)
    found = always(now, content)
    found += [f"{name} has no seal, and is still there" for name in now.unsealed]
    found += [f"{path} is left" for path in now.left]
    found += [f"repo.git is damaged: {line}" for line in now.damaged]
    found += [f"{lock} is held" for lock in now.held]
    return now, [*found, *histories(now.history, now.live)]


def running(site: ChaosSite) -> list[str]:
    """What of the two users still runs on the host; it is waited for."""

    def there() -> list[str]:
        return [line for user in ("ftsuser", "ubuntu") for line in site.host.processes(user)]

    if soon(lambda: not there(), GONE):
        return []
    return [f"still running: {line[:150]}" for line in there()]


def histories(history: Sequence[Entry], live: str) -> list[str]:
    """Does it tell of every cutover, and of the end of all that began? Asked when a deploy has gone well after all."""
    found, at, intent = [], "", ""
    begun: set[str] = set()
    for entry in history:
        name, event = entry.get("name", ""), entry["event"]
        if event == "begin":
            begun.add(name)
        elif event in ("sealed", "failed", "swept"):
            begun.discard(name)
        elif event == "intent":
            found += [f"history: the intent to make {intent} live has no end"] if intent else []
            intent = name
        elif event in ("done", "abandoned"):
            intent = ""
        if event == "done":
            found += [f"history: {name} came after {entry.get('from')}, and {at} was live"] if entry.get("from") != at else []
            at = name
    found += [f"history: {name} began and has no end" for name in sorted(begun)]
    return found if at == live else [*found, f"history says that {at} is live, and it is {live}"]


def told(site: ChaosSite, now: Look, verbs: Iterable[str] = ("status",)) -> tuple[Entry, list[str]]:
    """What `status --json` says, and what of the verbs with --json is not so."""
    text = site.fab(*(word for verb in verbs for word in (verb, "--json"))).strip()
    documents, decoder = list[Any](), json.JSONDecoder()
    while text:
        assert text.startswith(("{", "[")), f"--json is not all that is said: {text[:500]}"
        document, end = decoder.raw_decode(text)
        documents, text = [*documents, document], text[end:].strip()
    said = dict(zip(verbs, documents, strict=True))
    status = said["status"]["hosts"][0]
    found = []
    if (status["live"] or {}).get("name") != now.live:
        found.append(f"status says that {status['live']} is live, and it is {now.live}")
    for verb in said.keys() & {"status", "releases"}:
        host = said[verb]["hosts"][0]
        states = {release["name"]: release["state"] for release in host["releases"]}
        if states.keys() != now.sealed.keys() or [name for name, state in states.items() if state == "live"] != [now.live]:
            found.append(f"{verb} says {states}; live is {now.live}, and sealed are {sorted(now.sealed)}")
    if status["previous"] not in {None, *now.sealed} or status["previous"] == now.live:
        found.append(f"status says that {status['previous']} is previous")
    if status["lock"]:
        found.append(f"status says that the lock is held: {status['lock']}")
    if "history" in said and said["history"]["hosts"][0]["history"] != now.history:
        found.append("history --json is not what the history of the host says")
    return status, found
