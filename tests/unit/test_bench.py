"""The benchmark: what is measured in which order, and what the samples come to."""

import itertools
from dataclasses import dataclass, replace

import pytest

from tests.bench import growth, scale
from tests.bench.measure import Counted, Sample
from tests.bench.options import GROWTH, PEERS, Options, parse
from tests.bench.page import busy, command
from tests.bench.rounds import Run, Runs, schedule, slope
from tests.bench.scale import Figures
from tests.bench.table import markdown, pair, seen, shown, table, whole
from tests.support.processes import Memory
from tests.support.traced import Traced

SAMPLE = Sample(
    seconds=2.0,
    seen=1.0,
    cpu_workstation=0.5,
    cpu_host=0.25,
    others=0.0,
    up=12_400,
    down=3_000,
    connections=1,
    sessions=4,
)


@dataclass(frozen=True)
class Named:
    """A peer, as far as the order goes."""

    name: str
    verbs: tuple[str, ...] = ("release", "rollback")
    slow: bool = False


def run(peer: str, seconds: float, *, distance: int = 0, number: int = 0, seen: float | None = None) -> Run:
    return Run(peer, "release", distance, number, replace(SAMPLE, seconds=seconds, seen=seen))


def test_every_peer_runs_before_any_runs_again() -> None:
    floor, ours = Named("floor"), Named("ours")
    order = [(number, distance, peer.name) for number, _, distance, peer in schedule([floor, ours], ["release"], [0, 50], 2)]
    assert order == list(itertools.product([0, 1], [0, 50], ["floor", "ours"]))


def test_slow_peer_runs_in_every_third_round() -> None:
    turns = schedule([Named("floor"), Named("capistrano", slow=True)], ["release"], [0], 6)
    assert [number for number, _, _, peer in turns if peer.slow] == [2, 5]


def test_peer_is_not_asked_for_a_verb_that_it_has_not() -> None:
    turns = schedule([Named("floor", ("release", "status")), Named("mina", ("release",))], ["release", "status"], [0], 1)
    assert [(verb, peer.name) for _, verb, _, peer in turns] == [("release", "floor"), ("release", "mina"), ("status", "floor")]


def test_ratio_is_against_the_floor_of_the_same_round() -> None:
    busy = [run("floor", 1.0, number=0), run("floor", 4.0, number=1), run("ours", 2.0, number=0), run("ours", 8.0, number=1)]
    assert Runs(busy).ratio(whole, "ours", "release", 0) == 2.0


def test_round_without_its_floor_has_no_ratio() -> None:
    runs = Runs([run("floor", 1.0, number=0), run("ours", 3.0, number=0), run("ours", 50.0, number=1)])
    assert runs.ratio(whole, "ours", "release", 0) == 3.0
    assert Runs([run("ours", 3.0)]).ratio(whole, "ours", "release", 0) is None


def test_ratio_at_one_distance_is_not_of_another() -> None:
    runs = Runs([run("floor", 1.0), run("floor", 3.0, distance=150), run("ours", 2.0), run("ours", 3.0, distance=150)])
    assert runs.ratio(whole, "ours", "release", 150) == 1.0


def test_link_that_never_moved_has_no_ratio() -> None:
    runs = Runs([run("floor", 1.0, seen=0.5), run("ours", 2.0)])
    assert runs.ratio(seen, "ours", "release", 0) is None
    assert runs.median(seen, "ours", "release", 0) is None


def test_round_trips_are_the_slope_of_the_quickest_runs() -> None:
    seconds = {0: (0.5, 9.0), 50: (1.0, 1.7), 150: (2.0, 2.1)}
    runs = Runs([run("ours", each, distance=distance) for distance, both in seconds.items() for each in both])
    assert runs.round_trips("ours", "release") == pytest.approx(10.0)


def test_one_distance_has_no_slope() -> None:
    assert Runs([run("ours", 1.0), run("ours", 2.0)]).round_trips("ours", "release") is None


def test_slope_is_of_the_line_that_fits_best() -> None:
    assert slope({0.0: 1.0, 0.05: 1.5, 0.15: 2.5}) == pytest.approx(10.0)


def test_row_has_a_cell_for_each_column() -> None:
    counts = {"ours": Counted(Traced(), 44.6)}
    counts["ours"].traced.programs.update({"git": 3, "python3": 1, "python3.8": 1})
    counts["ours"].traced.flushes.update({"fsync": 2, "syncfs": 1})
    runs = Runs([run("floor", 1.0, seen=0.5), run("ours", 2.0, seen=0.75)])
    header, rule, _, ours = table("release", {"floor": "floor", "ours": "ours"}, [0], runs, counts).splitlines()
    assert header.count("|") == rule.count("|") == ours.count("|")
    assert ours == "| ours | 2.00 / 0.75 | 2.00 / 1.50 | - | 1 / 4 | 0.50 / 0.25 | 45 | 12 / 3 | 5 (2) | 3 |"


def test_peer_without_a_run_has_no_row() -> None:
    assert "mina" not in table("release", {"floor": "floor", "mina": "mina"}, [0], Runs([run("floor", 1.0)]), {})


def test_what_is_not_known_is_shown_as_such() -> None:
    assert (shown(None), pair(1.0, None), pair(1234.5, 2.0, 0)) == ("-", "1.00", "1,234 / 2")
    assert markdown(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | ---: |\n| 1 | 2 |\n"


def test_growth_is_compared_within_a_round() -> None:
    rows = growth.table({"few": "few", "many": "few"}, {"few": [1.0, 4.0, 2.0], "many": [1.5, 6.0, 3.0]})
    assert rows.splitlines()[2:] == ["| few | 2.00 | 1.00 | few |", "| many | 3.00 | 1.50 | few |"]


def test_empty_options_are_everything() -> None:
    assert parse(["--rounds", "", "--distances", "", "--only", "", "--peers", ""]) == Options()
    assert Options().whole
    assert GROWTH not in Options().verbs


@pytest.mark.parametrize("words", [["--only", "release"], ["--peers", "floor,ours"], ["--distances", "0,150"]])
def test_part_of_it_is_not_the_whole(words: list[str]) -> None:
    assert not parse(words).whole


def test_a_quick_look_is_without_the_slow_peers() -> None:
    assert (parse(["--rounds", "2"]).quick, parse(["--rounds", "3"]).quick) == (True, False)
    assert parse(["--rounds", "2"]).running == ("floor", "mina", "ours")
    assert not parse(["--rounds", "2"]).whole
    assert parse(["--rounds", "3"]).whole


def test_the_floor_always_runs() -> None:
    assert parse(["--peers", "ours"]).running == ("floor", "ours")


def test_options_survive_the_way_into_the_namespaces() -> None:
    options = Options(2, (0, 150), ("release", "rollback"), ("floor", "ours"))
    assert parse(options.words()) == options
    assert command(options) == "make bench ROUNDS=2 DISTANCES=0,150 ONLY=release,rollback PEERS=floor,ours"
    assert command(Options()) == "make bench"


@pytest.mark.parametrize("words", [["--only", "relaese"], ["--peers", "ansible"], ["--rounds", "0"], ["--distances", "-1"]])
def test_mistake_is_refused_with_what_may_stand_there(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse([f"{words[0]}={words[1]}"])
    assert caught.value.code == 2
    assert words[0] in capsys.readouterr().err


def test_peers_are_known_by_one_name() -> None:
    assert list(PEERS) == ["floor", "mina", "fabric", "pyinfra", "capistrano", "ours"]


def test_page_names_a_busy_machine() -> None:
    assert "busy" not in busy(Runs([run("ours", 1.0)]))
    assert "1.5 of its cores" in busy(Runs([replace(run("ours", 1.0), sample=replace(SAMPLE, others=1.5))]))


def test_scale_compares_the_runs_of_one_round() -> None:
    runs = {
        (4, "floor"): [Figures(1.0, 0.5, 2.0), Figures(4.0, 0.5, 2.0), Figures(2.0, 0.5, 2.0)],
        (4, "ours"): [Figures(1.1, 0.8, 3.0), Figures(4.4, 0.8, 3.0), Figures(9.0, 0.8, 3.0)],
    }
    memory = Memory(0)
    memory.peak, memory.threads = 61.6, 14
    header, _, row = scale.table(runs, {4: memory}).splitlines()
    assert row == "| 4 | 2.00 | 4.40 | 1.10 | 0.50 / 2.00 | 0.80 / 3.00 | 62 | 14 |"
    assert header.startswith("| hosts, `release` at 50 ms |")
    drawn = scale.picture(runs)
    assert "x-axis hosts [4]" in drawn
    assert ("bar [2.00]" in drawn, "line [4.40]" in drawn) == (True, True)
