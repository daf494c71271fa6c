"""Results: everything that they should say, and no terminal codes where there is no terminal."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import NotReleased
from tasks.view.page import show_error
from tasks.view.report import print_json, show_check, show_history, show_log, show_releases, show_status
from tasks.view.summary import show_summary
from tasks.view.words import clean
from tests.unit.view.scenes import COMMIT, Terminal, release, shown

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)


def status(**more: Any) -> dict[str, Any]:
    host = {
        "address": "web1.example.com",
        "live": release("source-3", "live"),
        "previous": "source-2",
        "releases": [release("source-3", "live"), release("source-2"), release("source-1", "bad")],
        "post_release_pending": False,
        "lock": None,
        "hold": None,
    }
    return {"environment": "prod", "hosts": [host | more]}


def history(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"environment": "prod", "hosts": [{"address": "web1", "history": entries}]}


def test_status_is_these_lines() -> None:
    assert shown(show_status, status()) == [
        "prod  web1.example.com",
        "  live      source-3  master  1a2b3c4d5e6f",
        "  previous  source-2",
        "  lock      free",
        "",
        "  state        release   commit    went live          ref",
        "  live         source-3  1a2b3c4d  2026-11-22T17:34Z  master  by anna",
        "  previous     source-2  1a2b3c4d  2026-11-22T17:34Z  master  by anna",
        "  rolled back  source-1  1a2b3c4d  2026-11-22T17:34Z  master  by anna",
    ]


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"live": None}, "  live      nothing yet"),
        ({"previous": None}, "  previous  none: there is nothing to roll back to"),
        ({"post_release_pending": True}, "  pending   post-release: fab -H prod post-release"),
        ({"lock": {"by": "bob", "what": "deploy master", "since": "T"}}, "  lock      bob: deploy master, since T"),
        ({"hold": {"by": "bob", "reason": "freeze", "since": "T"}}, "  hold      bob: freeze, since T"),
        ({"releases": []}, "  no releases yet"),
    ],
)
def test_status_says_what_stands_in_the_way(more: dict[str, Any], line: str) -> None:
    assert line in shown(show_status, status(**more))


def test_status_shows_the_newest_and_releases_shows_all() -> None:
    document = status(releases=[release(f"source-{n}") for n in range(9, 0, -1)])
    assert shown(show_status, document)[-1] == "  4 more: fab -H prod releases"
    assert shown(show_releases, document)[-1].split()[1] == "source-1"


def test_an_adopted_release_has_neither_ref_nor_commit() -> None:
    line = shown(show_releases, status(releases=[release("source-1", ref=None, commit=None)]))[-1]
    assert line.split() == ["good", "source-1", "-", "2026-11-22T17:34Z", "-", "by", "anna"]


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_a_terminal_of_any_width_loses_no_release(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = "\n".join(shown(show_releases, status(), stream=Terminal()))
    assert [name for name in ("source-1", "source-2", "source-3") if name in text] == ["source-1", "source-2", "source-3"]


@pytest.mark.parametrize("width", [40, 66, 80, 200])
def test_no_row_is_wider_than_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert max(len(clean(line)) for line in shown(show_status, status(), stream=Terminal())) <= width


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"event": "sealed", "name": "source-2", "ref": "master", "commit": COMMIT}, "built source-2 from master 1a2b3c4d5e6f"),
        ({"event": "done", "name": "source-2", "from": "source-1"}, "source-2 live, before it source-1"),
        ({"event": "done", "name": "source-1", "from": ""}, "source-1 live, before it nothing"),
        ({"event": "done", "verb": "rollback", "name": "source-1", "from": "source-2"}, "back to source-1, from source-2"),
        ({"event": "done", "put_back": "yes", "name": "source-1", "from": "source-2"}, "source-1 put back, from source-2"),
        ({"event": "post-release", "outcome": "failed", "name": "source-1"}, "post-release of source-1 failed"),
        ({"event": "hold", "reason": "{freeze}"}, "hold: {freeze}"),
        ({"event": "new{one}"}, "new{one}"),
    ],
)
def test_history_reads_as_sentences(entry: dict[str, str], said: str) -> None:
    line = shown(show_history, history({"at": "2026-11-22T17:34:32Z", "by": "anna", "verb": "deploy", **entry}))[-1]
    assert line.endswith(f"  {said}")


def test_an_intent_is_told_by_what_came_of_it() -> None:
    entries = {"event": "intent", "name": "source-2"}, {"event": "pruned", "name": "source-1"}
    assert len(shown(show_history, history(*entries))) == 3


def test_a_check_says_what_to_do_and_its_verdict() -> None:
    found = [("web1", "ok", "tools", ""), ("web1", "warn", "no curl", "install it"), ("web1", "FAIL", "no git", "install git")]
    assert shown(show_check, found) == [
        "web1",
        "  ok    tools",
        "  warn  no curl",
        "        do: install it",
        "  FAIL  no git",
        "        do: install git",
        "not ready: 1 of 3 failed, 1 to look at",
    ]


def test_a_check_without_a_failure_is_ready() -> None:
    assert shown(show_check, [("web1", "ok", "tools", "")])[-1] == "ready: 1 of 1 ok"


def test_a_summary_says_what_is_live_and_what_to_type() -> None:
    printed = io.StringIO()
    show_summary(
        *("prod", {"source-3": ["web1"]}),
        before={"source-2": ["web1"]},
        hosts=["web1"],
        ref="master",
        commit=COMMIT,
        seconds=82.0,
        pending=True,
        next=("fab -H prod post-release",),
        stream=printed,
    )
    assert printed.getvalue().splitlines() == [
        "",
        "prod: source-3 is live",
        "  ref      master, 1a2b3c4d5e6f",
        "  before   source-2",
        "  took     1 min 22 s",
        "  pending  post-release: the services still run what was live before",
        "  next     fab -H prod post-release",
    ]


def test_a_build_is_not_called_live() -> None:
    printed = io.StringIO()
    show_summary("prod", {"source-2": ["web1"]}, built="source-3", stream=printed)
    assert printed.getvalue().splitlines()[1:3] == ["prod: source-3 is built, and not live", "  live  source-2"]


def test_an_error_has_what_details_state_and_next() -> None:
    error = NotReleased(
        "web1: build failed\nin two ways", details=["web | [red]x[/]"], state="Live: source-2.", next="fab -H prod logs"
    )
    assert shown(show_error, error) == [
        "error: web1: build failed",
        "  in two ways",
        "  web | [red]x[/]",
        "Live: source-2.",
        "next: fab -H prod logs",
    ]


def test_what_happened_is_red_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[1;31m" in "\n".join(shown(show_error, NotReleased("broken"), stream=Terminal()))


@given(st.text(), st.text(), st.text())
def test_no_result_puts_a_control_character_into_a_file(name: str, ref: str, text: str) -> None:
    stream = io.StringIO()
    show_status(status(live=release(name, "live", ref=ref), releases=[release(name, ref=ref)]), stream=stream)
    show_history(history({"event": text, "name": name, "by": ref}), stream=stream)
    show_check([(name, "FAIL", text, ref)], stream=stream)
    before = {name: [text]}
    show_summary(
        name, {name: [name]}, built=text, before=before, hosts=[name, ref], ref=ref, commit=text, next=(ref,), stream=stream
    )
    show_error(NotReleased(name, details=[text], state=ref, next=text), stream=stream)
    assert all(line.isprintable() for line in stream.getvalue().split("\n"))


@given(JSON)
def test_json_is_one_document_that_reads_back(value: Any) -> None:
    stream = io.StringIO()
    print_json(value, stream)
    assert json.loads(stream.getvalue()) == value


def test_json_keeps_letters_as_they_are() -> None:
    assert shown(print_json, "schön") == ['"schön"']


def test_json_survives_a_stream_without_unicode() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    print_json("schön", stream)
    assert json.loads(raw.getvalue()) == "schön"


def test_a_log_keeps_its_indentation_and_loses_its_colours(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(show_log, "/home/x.log", ["web |     \x1b[31mat foo\x1b[0m"]) == ["web |     at foo"]
    assert capsys.readouterr().err == "/home/x.log\n"


def test_a_document_moves_no_cursor_and_turns_no_line() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    text = "a\x9b2Jb\u202ec\u2066d\x85e\u00e9"
    print_json({"ref": text}, stream)
    written = stream.buffer.getvalue().decode()
    assert json.loads(written) == {"ref": text}
    assert not set("\x9b\u202e\u2066\x85") & set(written)
    assert "\u00e9" in written


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (
            {"event": "failed", "name": "source-3", "step": "bootstrap", "why": "web: exited 1"},
            "source-3 failed in bootstrap: web: exited 1",
        ),
        ({"event": "failed", "name": "source-3", "step": "bootstrap", "code": "130"}, "source-3 was ended in bootstrap"),
        ({"event": "cancelled", "what": "build master", "of": "bob@desk"}, "build master of bob@desk was cancelled"),
    ],
)
def test_history_says_what_failed_and_why_and_who_ended_it(entry: dict[str, str], line: str) -> None:
    assert shown(show_history, history(entry))[-1].endswith(line)
