"""What hosts say alike is one line; what one has said stands above its failure, and above its end."""

from tasks.view.alike import Alike
from tasks.view.story import Line


def said(alike: Alike, *lines: Line) -> list[tuple[str, str, str]]:
    """What is printed of lines that come one after the other, until nobody is at work."""
    printed = [line for each in lines for line in alike.take([each])] + alike.rest()
    return [(line.address, line.kind, line.text) for line in printed]


def line(address: str, kind: str, text: str) -> Line:
    return Line(kind, text, seconds=1.0, address=address, phase="post-release")  # type: ignore[arg-type]


def test_what_a_host_did_before_it_failed_stands_above_its_failure() -> None:
    """A batch of one: no other host says its lines."""
    lines = [line("b", "step", "systemd php"), line("b", "broken", "health"), line("b", "end", "failed")]
    assert said(Alike(3), *lines) == [
        ("b", "step", "systemd php"),
        ("b", "broken", "health"),
        ("b", "end", "failed"),
    ]


def test_what_another_did_waits_on_for_those_that_may_say_the_same() -> None:
    lines = [line("a", "step", "php"), line("b", "step", "php"), line("b", "fail", "no"), line("a", "end", "done")]
    assert said(Alike(3), *lines) == [("b", "step", "php"), ("b", "fail", "no"), ("a", "step", "php"), ("a", "end", "done")]


def test_an_end_stands_below_the_steps_of_its_host() -> None:
    lines = [
        *(line("c", "step", "health c"), line("c", "end", "done")),
        *(line("a", "step", "health a"), line("a", "end", "done")),
        *(line("b", "broken", "health b"), line("b", "end", "failed")),
    ]
    printed = said(Alike(3), *lines)
    for address in "abc":
        kinds = [kind for each, kind, _ in printed if each == address]
        assert kinds[-1] == "end", printed


def test_what_a_host_says_twice_is_not_what_two_have_said() -> None:
    twice = [line(address, "command", "touch x") for address in ("a", "a", "b", "b")]
    assert said(Alike(2), *twice) == [("", "command", "touch x")] * 2
    assert said(Alike(2), *twice[:2]) == [("a", "command", "touch x")] * 2
