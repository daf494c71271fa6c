"""Several hosts on a terminal: one row each, grouped when there are more than fit; what all say alike is one line."""

import io

import pytest
from rich.console import ConsoleDimensions

from tasks.phases.event import Event
from tasks.view.live import Live
from tasks.view.story import Story
from tasks.view.summary import show_summary
from tasks.view.words import clean
from tests.unit.view.scenes import BUILD, CUTOVER, Clock, Terminal, Told, events

WEB = ("web1", "web2", "web3")


def view(terminal: Terminal, addresses: tuple[str, ...] = WEB, **size: int) -> Live:
    live = Live(
        terminal, {"TERM": "xterm", **{key.upper(): str(value) for key, value in size.items()}}, Story(addresses, Clock())
    )
    live._start = lambda: None  # type: ignore[method-assign]
    return live


def tell(live: Live, addresses: tuple[str, ...], *parts: Told) -> None:
    """The hosts say the same, each event on all of them before the next."""
    for part in parts:
        for event in events(part):
            for address in addresses:
                live.event(address, event)


def stayed(terminal: Terminal) -> list[str]:
    return [clean(line) for line in terminal.getvalue().split("\n")[:-1]]


def drawn(live: Live, width: int, height: int = 20) -> list[str]:
    options = live.console.options.update(width=width)
    options.size = ConsoleDimensions(width, height)
    lines = live.console.render_lines(live, options, pad=False)
    return ["".join(segment.text for segment in line).rstrip() for line in lines]


def test_what_all_say_alike_stays_as_one_line_with_the_longest_time() -> None:
    terminal = Terminal()
    live = view(terminal, columns=100)
    tell(live, WEB, BUILD, CUTOVER)
    lines = stayed(terminal)
    assert [line for line in lines if "fetch" in line] == ["     1.2 s  ✓ fetch"]
    assert [line for line in lines if "composer install" in line] == ["1 min 05 s      web  composer install"]
    assert [line.strip() for line in lines if "live source-2" in line] == ["3 hosts  live source-2  before it source-1"]
    assert sum("the disk is nearly full" in line for line in lines) == 3


def test_what_one_alone_says_stays_with_its_address() -> None:
    terminal = Terminal()
    live = view(terminal, columns=100)
    tell(live, WEB[:1], BUILD)
    lines = stayed(terminal)
    assert [line.strip() for line in lines if "fetch" in line] == ["1.2 s  ✓ web1  fetch"]


def test_what_only_some_say_of_a_phase_stays_above_its_end() -> None:
    """A health check of one host has another URL than that of the next."""
    terminal = Terminal()
    live = view(terminal, columns=100)
    tell(live, WEB, [("phase", "start", "post-release", "health")])
    for address in WEB:
        step = f"health http://{address}/"
        tell(
            live,
            (address,),
            [("step", "start", step), ("step", "done", step, "100"), ("phase", "done", "post-release", "2500")],
        )
    assert [line.partition(" s  ")[2].lstrip(" ✓") for line in stayed(terminal)][1:] == [
        *(f"{address}  health http://{address}/" for address in WEB),
        "post-release done",
    ]


def test_each_host_has_a_row_with_step_place_and_newest_line() -> None:
    live = view(Terminal(), columns=100)
    tell(live, WEB, BUILD[:8])
    live.event("web2", Event("line", ("web", "compiling")))
    assert [row.partition("⠋ ")[2] for row in drawn(live, 100)] == [
        "web1  bootstrap  3 of 4  web  composer install",
        "web2  bootstrap  3 of 4  web  compiling",
        "web3  bootstrap  3 of 4  web  composer install",
    ]


def test_rows_keep_the_order_of_the_addresses_whoever_begins_first() -> None:
    live = view(Terminal(), columns=100)
    tell(live, WEB[::-1], BUILD[:2])
    assert [row.partition("⠋ ")[2].split()[0] for row in drawn(live, 100)] == list(WEB)


def test_more_hosts_than_there_is_room_for_are_grouped_by_step() -> None:
    addresses = tuple(f"web{number}" for number in range(40))
    live = view(Terminal(), addresses)
    tell(live, addresses, BUILD[:2])
    tell(live, addresses[:10], BUILD[2:4])
    assert [row.partition("⠋ ")[2] for row in drawn(live, 100)] == ["10 hosts  resolve  2 of 4", "30 hosts  fetch  1 of 4"]


@pytest.mark.parametrize("width", [20, 40, 200])
def test_a_row_never_is_wider_than_the_terminal(width: int) -> None:
    live = view(Terminal(), columns=width)
    tell(live, WEB, BUILD[:9])
    assert all(len(row) <= width for row in drawn(live, width))


def test_the_summary_has_the_hosts_and_what_each_ran_before() -> None:
    stream = io.StringIO()
    before = {"source-1": ["web1", "web2"], "source-0": ["web3"]}
    steps = [("build", 2.0), ("build", 5.0)]
    show_summary("prod", {"source-2": WEB}, hosts=WEB, before=before, steps=steps, seconds=9, stream=stream)
    lines = stream.getvalue().splitlines()
    assert lines[2:6] == [
        "  before  source-1  (web1, web2)",
        "          source-0  (web3)",
        "  hosts   web1, web2, web3",
        "  took    9.0 s  (build 5.0 s)",
    ]


def test_of_hosts_that_run_different_releases_each_is_named_with_its_hosts() -> None:
    stream = io.StringIO()
    lives = {"source-1": ["web1", "web3"], "source-2": ["web2"]}
    show_summary("prod", lives, hosts=WEB, ref="master", commit="1a2b3c4d", stream=stream)
    assert stream.getvalue().splitlines()[1:5] == [
        "prod: 2 releases are live",
        "  live   source-1  (web1, web3)",
        "         source-2  (web2)",
        "  hosts  web1, web2, web3",
    ]
