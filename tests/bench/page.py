"""The page of figures: what it was measured on, the tables, and how to make them again."""

import datetime
import os
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence

from tests.bench.measure import Counted
from tests.bench.options import DISTANCES, ROUNDS, Options
from tests.bench.rounds import Runs
from tests.bench.table import table

BUSY = 0.3  # cores that others use, on average, from which on the page says so
MILLISECONDS = 1000


def page(
    options: Options,
    titles: Mapping[str, str],
    versions: Sequence[str],
    round_trips: Mapping[int, float],
    runs: Runs,
    counts: Mapping[tuple[str, str], Counted],
) -> str:
    """Everything but growth: the machine's words, and one table for each verb."""
    tables = [
        table(verb, titles, options.distances, runs, {name: counted for (name, of), counted in counts.items() if of == verb})
        for verb in options.verbs
    ]
    return "\n".join([machine(options, versions, round_trips, runs), *tables])


def machine(options: Options, versions: Sequence[str], round_trips: Mapping[int, float], runs: Runs) -> str:
    """Date, cores, kernel, versions, the link as it was measured, and how busy the machine was."""
    today = datetime.datetime.now(tz=datetime.UTC).date()
    links = ", ".join(f"{seconds * MILLISECONDS:.1f} ms at {distance}" for distance, seconds in round_trips.items())
    return (
        f"Measured by `{command(options)}` on {today}: {os.cpu_count()} cores for workstation and host together, "
        f"Linux {platform.release().partition('-')[0]}, {', '.join(versions)}.\n"
        f"{options.rounds} rounds. Opening a TCP connection over the link took {links}.\n{busy(runs)}\n"
    )


def again(options: Options) -> str:
    """When, and on how many cores, by which line: for figures that stand by themselves."""
    today = datetime.datetime.now(tz=datetime.UTC).date()
    return f"Measured by `{command(options)}` on {today}: {os.cpu_count()} cores for the workstation and all hosts together."


def command(options: Options) -> str:
    """The line that measures the same again."""
    usual = Options()
    words = ["make bench"]
    words += [f"ROUNDS={options.rounds}"] if options.rounds != ROUNDS else []
    words += [f"DISTANCES={','.join(map(str, options.distances))}"] if options.distances != DISTANCES else []
    words += [f"ONLY={','.join(options.only)}"] if options.only != usual.only else []
    words += [f"PEERS={','.join(options.peers)}"] if options.peers != usual.peers else []
    return " ".join(words)


def busy(runs: Runs) -> str:
    """Whether other programs used the same cores meanwhile."""
    others = statistics.mean(run.sample.others for run in runs.runs)
    if others < BUSY:
        return "Nothing else ran on the machine."
    return (
        f"**The machine was busy**: other programs used {others:.1f} of its cores on average. Read the ratios, "
        "each against the floor in the same round; seconds, and ratios at 0 ms most of all, are too high."
    )


def git_version() -> str:
    """Git on the host, which is the machine's own."""
    return (
        subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.strip().replace(" version", "")
    )
