"""systemctl of the embedded host, for the units that it has."""

import argparse
import fnmatch
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from . import journal
from .layout import Layout
from .units import SYSTEMD, Services, Unit, UnitError

CHANGES = ("start", "stop", "restart", "reload")
NOT_LOADED = 5


class Refusal(Exception):
    """What systemctl says on stderr, and its exit code."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


def main(folder: str, *words: str) -> int:
    """Do what one call asks for."""
    layout = Layout(Path(folder))
    journal.append(layout.run / "services.log", program="systemctl", arguments=list(words))
    options = _parser().parse_intermixed_args(words)
    services = Services(layout)
    try:
        if options.verb in CHANGES:
            return _change(services, options.verb, options.units)
        return {"is-active": _is_active, "show": _show, "list-units": _list, "cat": _cat, "status": _status}[options.verb](
            services, options
        )
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return refusal.code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="systemctl", allow_abbrev=False)
    parser.add_argument("verb", choices=(*CHANGES, "is-active", "show", "list-units", "cat", "status"))
    parser.add_argument("units", nargs="*")
    parser.add_argument("-p", "--property", action="append", default=[])
    for flag in ("--value", "--all", "--plain", "--no-legend", "--no-pager", "--full", "--no-ask-password"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("-q", "--quiet", action="store_true")
    parser.add_argument("-n", "--lines", type=int, default=10)
    return parser


def matching(pattern: str) -> list[Unit]:
    """The units that a name or glob means, with or without `.service`."""
    bare = pattern.removesuffix(".service")
    return [unit for unit in SYSTEMD if fnmatch.fnmatchcase(unit.name, bare)]


def _change(services: Services, verb: str, patterns: list[str]) -> int:
    if "SUDO_USER" not in os.environ:
        raise Refusal(f"Failed to {verb} {patterns[0]}.service: Interactive authentication required.", 1)
    for pattern in patterns:
        units = matching(pattern)
        if not units and "*" not in pattern:
            raise Refusal(f"Failed to {verb} {pattern}.service: Unit {pattern}.service not found.", NOT_LOADED)
        for unit in units:
            _change_one(services, verb, unit)
    return 0


def _change_one(services: Services, verb: str, unit: Unit) -> None:
    service = f"{unit.name}.service"
    if verb == "reload" and not unit.reloads:
        raise Refusal(f"Failed to reload {service}: Job type reload is not applicable for unit {service}.", 1)
    try:
        getattr(services, verb)(unit)
    except UnitError as error:
        raise Refusal(f'Job for {service} failed.\n{error}\nSee "journalctl -xeu {service}" for details.', 1) from error


def _is_active(services: Services, options: argparse.Namespace) -> int:
    states = [services.state(unit) for pattern in options.units for unit in matching(pattern)] or ["inactive"]
    if not options.quiet:
        print(*states, sep="\n")
    return 0 if "active" in states else 3


def _show(services: Services, options: argparse.Namespace) -> int:
    wanted = [name for listed in options.property for name in listed.split(",")]
    blocks = ["\n".join(_lines(facts, wanted, options.value)) for facts in _facts(services, options.units)]
    print("\n\n".join(blocks))
    return 0


def _facts(services: Services, patterns: list[str]) -> Iterator[dict[str, str]]:
    for pattern in patterns:
        units = matching(pattern)
        if not units and "*" not in pattern:
            yield {"Id": f"{pattern}.service", "LoadState": "not-found", "ActiveState": "inactive", "MainPID": "0"}
        yield from (_properties(services, unit) for unit in units)


def _properties(services: Services, unit: Unit) -> dict[str, str]:
    running, state = services.running(unit), services.state(unit)
    ticks = os.sysconf("SC_CLK_TCK")
    since = int(running.started) * 1_000_000 // ticks if running else 0
    return {
        "Id": f"{unit.name}.service",
        "Description": unit.description,
        "LoadState": "loaded",
        "ActiveState": state,
        "SubState": {"active": "running", "inactive": "dead", "failed": "failed"}[state],
        "MainPID": str(running.pid if running else 0),
        "CanReload": "yes" if unit.reloads else "no",
        "ExecMainStartTimestampMonotonic": str(since),
        "ActiveEnterTimestampMonotonic": str(since),
    }


def _lines(facts: dict[str, str], wanted: list[str], bare: bool) -> list[str]:
    names = [name for name in wanted if name in facts] if wanted else list(facts)
    return [facts[name] if bare else f"{name}={facts[name]}" for name in names]


def _list(services: Services, options: argparse.Namespace) -> int:
    """What is loaded and not inactive; with --all the inactive too."""
    for pattern in options.units or ["*"]:
        for unit in matching(pattern):
            facts = _properties(services, unit)
            if options.all or facts["ActiveState"] != "inactive":
                print(*(facts[name] for name in ("Id", "LoadState", "ActiveState", "SubState", "Description")))
    return 0


def _cat(services: Services, options: argparse.Namespace) -> int:
    for pattern in options.units:
        for unit in matching(pattern) or _no_files(pattern):
            print(f"# {services.layout.folder}/{unit.name}.service\n[Unit]\nDescription={unit.description}\n\n[Service]")
            print(f"WorkingDirectory={services.layout.live_link}")
    return 0


def _status(services: Services, options: argparse.Namespace) -> int:
    """How a unit does, and the last that it printed; its exit code says whether all run."""
    units = [unit for pattern in options.units for unit in matching(pattern)]
    for unit in units:
        facts = _properties(services, unit)
        print(f"{facts['Id']} - {unit.description}\n     Active: {facts['ActiveState']} ({facts['SubState']})")
        log = services.layout.logs / f"{unit.name}.log"
        print(*(log.read_text(errors="replace").splitlines() if log.exists() else [])[-options.lines :], sep="\n")
    return 0 if units and all(services.running(unit) for unit in units) else 3


def _no_files(pattern: str) -> list[Unit]:
    raise Refusal(f"No files found for {pattern}.service.", 1)
