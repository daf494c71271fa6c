"""Results on stdout: what is live, what is there, who did what, what a check found, what a build said."""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from tasks.view.page import Page
from tasks.view.stream import AskedFor
from tasks.view.words import Words, clean

_NEWEST = 5
_UNSEEN = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters that JSON may hold as they are, and those that change the direction of a line."""
_TIMES = re.compile(r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"')
_STYLES = {"live": "bold green", "rolled back": "red", "ok": "green", "warn": "yellow", "FAIL": "bold red", "failed": "red"}
_SAID = {
    "begin": "began {name} from {ref}",
    "sealed": "built {name} from {ref} {commit:.12}",
    "failed": "{name} failed in {step}",
    "failed 130": "{name} was ended in {step}",
    "cancelled": "{what} of {of} was cancelled",
    "swept": "removed what a dead run left of {name}",
    "adopted": "took over {name}, which was live",
    "done": "{name} live, before it {from}",
    "done rollback": "back to {name}, from {from}",
    "done put_back": "{name} put back, from {from}",
    "restored": "{name} has its former runtime files again",
    "abandoned": "the cutover to {name} did not happen",
    "post-release ok": "services run {name}",
    "post-release failed": "post-release of {name} failed",
    "post-release unhealthy": "post-release of {name} failed: the site is not healthy",
    "post-release unknown": "post-release of {name}: the outcome is unknown",
    "pruned": "pruned {name}",
    "hold": "hold: {reason}",
    "unhold": "hold ended",
    "before": "{before} was live before {name} on the other hosts",
    "joined": "{name} runs what the others run",
}


def show_status(document: Mapping[str, Any], stream: TextIO | None = None) -> None:
    """What is live where, and the newest releases. `document` is what `status --json` prints."""
    page = Page(stream, kind=AskedFor)
    for addresses, host in _alike(document["hosts"]):
        page.line(_title(document["environment"], addresses))
        page.fields(_standing(document["environment"], host))
        page.line()
        _releases(page, host, host["releases"][:_NEWEST])
        if (more := len(host["releases"]) - _NEWEST) > 0:
            page.line(Words((f"{more} more: fab -H {clean(document['environment'])} releases", "dim")), indent="  ")


def show_releases(document: Mapping[str, Any], stream: TextIO | None = None) -> None:
    """Every release that is there, newest first."""
    page = Page(stream, kind=AskedFor)
    for host in document["hosts"]:
        page.line(_title(document["environment"], host["address"]))
        _releases(page, host, host["releases"])


def show_history(document: Mapping[str, Any], stream: TextIO | None = None) -> None:
    """Who did what and when, the newest last. An intent is shown by what came of it."""
    page = Page(stream, kind=AskedFor)
    for host in document["hosts"]:
        page.line(_title(document["environment"], host["address"]))
        shown = [entry for entry in host["history"] if entry.get("event") != "intent"]
        rows = [[_of(entry, "at"), _of(entry, "by"), _of(entry, "verb"), _said(entry)] for entry in shown]
        page.table(("at", "by", "verb", "what"), rows)
        if not rows:
            page.line("nothing yet", indent="  ")


def show_check(found: Sequence[tuple[str, ...]], stream: TextIO | None = None) -> None:
    """A line for each (address, level, text, what to do), and the verdict."""
    page, before = Page(stream, kind=AskedFor), ""
    for address, level, text, todo in found:
        if address != before:
            page.line(Words((clean(address), "bold")))
        page.paragraph(Words("  ", (f"{clean(level):6}", _STYLES.get(level, ""))), Words(clean(text)))
        if todo and level != "ok":
            page.line(Words((f"do: {clean(todo).removeprefix('# ')}", "bold")), indent=" " * 8)
        before = address
    page.line(_verdict([level for _, level, _, _ in found]))


def show_log(path: str, lines: Iterable[str], stream: TextIO | None = None) -> None:
    """What a build said; where on the host it stands goes to stderr, as it is no part of the log."""
    print(clean(path), file=sys.stderr)
    print_lines(map(clean, lines), stream)


def print_lines(lines: Iterable[str], stream: TextIO | None = None) -> None:
    """Text as it is, for a file or another program."""
    out = AskedFor(stream or sys.stdout)
    for line in lines:
        out.write(line + "\n")
    out.flush()


def print_json(value: Any, stream: TextIO | None = None) -> None:
    """One JSON document."""
    only_ascii = AskedFor(stream or sys.stdout).encoding.lower().replace("-", "") != "utf8"
    text = json.dumps(value, ensure_ascii=only_ascii, indent=2)
    print_lines([_UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)], stream)


def _alike(hosts: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Hosts that stand alike, their addresses together; the seconds at which each of them did something make no difference."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for host in hosts:
        same = {key: value for key, value in host.items() if key != "address"}
        groups.setdefault(_TIMES.sub("", json.dumps(same, sort_keys=True)), []).append(host)
    return ((", ".join(host["address"] for host in group), group[0]) for group in groups.values())


def _title(environment: str, address: str) -> Words:
    return Words((clean(environment), "bold"), (f"  {clean(address)}", "dim"))


def _of(values: Mapping[str, Any], key: str) -> str:
    return clean(str(values.get(key) or "-"))


def _standing(environment: str, host: Mapping[str, Any]) -> Iterator[tuple[str, Words | str]]:
    live = host["live"]
    if live:
        yield "live", Words((_of(live, "name"), "bold green"), f"  {_of(live, 'ref')}  {_of(live, 'commit')[:12]}")
    else:
        yield "live", Words(("nothing yet", "yellow"))
    yield "previous", clean(host["previous"] or "none: there is nothing to roll back to")
    if host["post_release_pending"]:
        yield "pending", Words((f"post-release: fab -H {clean(environment)} post-release", "yellow"))
    if lock := host["lock"]:
        yield "lock", Words((f"{_of(lock, 'by')}: {_of(lock, 'what')}, since {_of(lock, 'since')}", "yellow"))
    else:
        yield "lock", "free"
    if hold := host["hold"]:
        yield "hold", Words((f"{_of(hold, 'by')}: {_of(hold, 'reason')}, since {_of(hold, 'since')}", "yellow"))
    for address, reason in host.get("left_out", {}).items():
        yield "left out", Words((f"{clean(address)}: {clean(reason)}", "yellow"))


def _releases(page: Page, host: Mapping[str, Any], releases: Sequence[Mapping[str, Any]]) -> None:
    if not releases:
        page.line("no releases yet", indent="  ")
        return
    rows: list[list[Words | str]] = []
    for release in releases:
        state = "previous" if release["name"] == host["previous"] else _of(release, "why")
        shown = Words((state, _STYLES.get(state, "")))
        by = Words(_of(release, "ref"), (f"  by {_of(release, 'by')}", "dim"))
        rows.append([shown, _of(release, "name"), _of(release, "commit")[:8], _minute(_of(release, "released_at")), by])
    page.table(("state", "release", "commit", "went live", "ref"), rows)


def _minute(at: str) -> str:
    """2026-11-22T17:35Z for 2026-11-22T17:35:32Z: a table has no room for seconds."""
    return re.sub(r"(T\d\d:\d\d):\d\dZ$", r"\1Z", at)


def _said(entry: Mapping[str, Any]) -> str:
    event = str(entry.get("event"))
    more = (
        "put_back"
        if entry.get("put_back")
        else entry.get("outcome") or (entry.get("code") if entry.get("code") == "130" else entry.get("verb"))
    )
    form = _SAID.get(f"{event} {more}") or _SAID.get(event) or event.replace("{", "{{").replace("}", "}}")
    values = {key: str(value) or "nothing" for key, value in entry.items()}
    why = f": {values['why']}" if "why" in values else f"; without {values['without']}" if "without" in values else ""
    return clean(form.format_map(defaultdict(lambda: "?", values)) + why)


def _verdict(levels: Sequence[str]) -> Words:
    failed, warned = levels.count("FAIL"), levels.count("warn")
    warnings = f", {warned} to look at" if warned else ""
    if failed:
        return Words((f"not ready: {failed} of {len(levels)} failed{warnings}", "bold red"))
    return Words((f"ready: {len(levels) - warned} of {len(levels)} ok{warnings}", "bold green"))
