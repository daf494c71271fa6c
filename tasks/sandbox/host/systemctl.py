"""systemctl of the embedded host, for the units that it has."""

import argparse
import fnmatch
import os
import sys
from typing import NamedTuple

from .layout import Layout
from .process import UnitError
from .units import SYSTEMD, Services, Unit

NOT_LOADED = 5
NOT_ACTIVE = 3


def main(layout: Layout, *words: str) -> int:
    """Do what one call asks for."""
    options = _parser().parse_intermixed_args(words)
    found = {name: matching(name) for name in options.units or ["*"]}
    unknown = [name for name, units in found.items() if not units and "*" not in name]
    call = Call(Services(layout), options, [unit for units in found.values() for unit in units], unknown)
    verbs = {"show": call.show, "list-units": call.list_units, "cat": call.cat, "status": call.status}
    return verbs.get(options.verb, call.change)()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="systemctl", allow_abbrev=False)
    parser.add_argument("verb", choices=("restart", "reload", "show", "list-units", "cat", "status"))
    parser.add_argument("units", nargs="*")
    parser.add_argument("-p", "--property", action="append", default=[])
    for flag in ("--value", "--all", "--plain", "--no-legend", "--no-pager"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("-n", "--lines", type=int, default=10)
    return parser


def matching(pattern: str) -> list[Unit]:
    """The units that a name or glob means, with or without `.service`."""
    bare = pattern.removesuffix(".service")
    return [unit for unit in SYSTEMD if fnmatch.fnmatchcase(unit.name, bare)]


class Call(NamedTuple):
    """One call: the units that it is about, and the names that mean none."""

    services: Services
    options: argparse.Namespace
    units: list[Unit]
    unknown: list[str]

    def change(self) -> int:
        verb = self.options.verb
        if "SUDO_USER" not in os.environ:
            sys.exit(f"Failed to {verb} {self.options.units[0]}.service: Interactive authentication required.")
        for name in self.unknown:
            print(f"Failed to {verb} {name}.service: Unit {name}.service not found.", file=sys.stderr)
            return NOT_LOADED
        for unit in self.units:
            try:
                getattr(self.services, verb)(unit)
            except UnitError as error:
                journal = f'See "journalctl -xeu {unit.name}.service" for details.'
                sys.exit(f"Job for {unit.name}.service failed.\n{error}\n{journal}")
        return 0

    def show(self) -> int:
        """The properties that were asked for, or all: a block for each unit."""
        none = {"LoadState": "not-found", "ActiveState": "inactive", "MainPID": "0"}
        blocks = [{"Id": f"{name}.service", **none} for name in self.unknown]
        blocks += [self._properties(unit) for unit in self.units]
        wanted = ",".join(self.options.property).split(",") if self.options.property else list(blocks[0] if blocks else ())
        line = "{1}" if self.options.value else "{0}={1}"
        print("\n\n".join("\n".join(line.format(name, each[name]) for name in wanted if name in each) for each in blocks))
        return 0

    def list_units(self) -> int:
        for unit in self.units:
            print(*[value for name, value in self._properties(unit).items() if name != "MainPID"])
        return 0

    def cat(self) -> int:
        for name in self.unknown:
            sys.exit(f"No files found for {name}.service.")
        for unit in self.units:
            print(f"# {unit.name}.service\n[Service]\nWorkingDirectory={self.services.layout.live_link}")
        return 0

    def status(self) -> int:
        """How a unit does, and the last that it printed; the exit code says whether all run."""
        for unit in self.units:
            print("{Id}\n     Active: {ActiveState} ({SubState})".format(**self._properties(unit)))
            log = self.services.layout.logs / f"{unit.name}.log"
            print(*(log.read_text(errors="replace").splitlines() if log.exists() else [])[-self.options.lines :], sep="\n")
        return 0 if self.units and all(map(self.services.running, self.units)) else NOT_ACTIVE

    def _properties(self, unit: Unit) -> dict[str, str]:
        """What is not running has failed: nothing here is stopped on purpose."""
        running = self.services.running(unit)
        active, sub = ("active", "running") if running else ("failed", "failed")
        known = {"Id": f"{unit.name}.service", "LoadState": "loaded", "ActiveState": active, "SubState": sub}
        return {**known, "MainPID": str(running.pid if running else 0)}
