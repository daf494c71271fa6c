"""Told by check, as the release user: are the versions here those that the live release asks for?"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from typing import Any, Dict, List

from tasks.shell.lib.check.check_lines import asked, fail, looked, ok, warn
from tasks.shell.lib.check.ranges import meets, version

QUIET = ("--no-dev", "--lock", "--no-plugins", "--no-interaction", "--no-ansi", "--quiet")
ENGINES = ("bun", "node", "npm")


def document(path: str) -> Dict[str, Any]:
    """A JSON object; {} where there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def section(found: Dict[str, Any], name: str) -> Dict[str, Any]:
    inner = found.get(name)
    return inner if isinstance(inner, dict) else {}


class App:
    """An app of the live release. `env` is for programs that would write something into the home that they are given."""

    def __init__(self, name: str, folder: str, php: str, env: Dict[str, str]) -> None:
        self.name, self.folder, self.php, self.env = name, folder, php, env

    def file(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def tell_php(self) -> None:
        """What the packages want of PHP, as Composer judges it; without a lock file or Composer, the version of PHP alone."""
        if os.path.exists(self.file("composer.lock")) and shutil.which("composer"):
            self.tell_platform()
            return
        wanted = section(document(self.file("composer.json")), "require").get("php")
        code, said = asked([self.php, "-r", "echo PHP_VERSION;"])
        if not isinstance(wanted, str) or code:
            return
        self.tell_range("php", said.strip(), wanted, "composer.json", meets(version(said), wanted), fail)

    def tell_platform(self) -> None:
        words = ["composer", "check-platform-reqs", "--working-dir=" + self.folder]
        code, said = asked([*words, *QUIET], self.env)
        if code:
            _, said = asked([*words, *QUIET[:-1]], self.env)
            wrong = [" ".join(line.split()) for line in said.splitlines() if line.rstrip().endswith(("failed", "missing"))]
            told = "; ".join(wrong[:4]) or (said.strip().splitlines() or ["no answer"])[-1]
            fail(
                "%s: PHP here is not what composer.lock and composer.json ask for: %s" % (self.name, told),
                "sudo apt-get install what is missing (php-intl for ext-intl), then composer check-platform-reqs",
            )
        else:
            ok("%s: PHP here is what composer.lock and composer.json ask for" % self.name)

    def tell_engines(self) -> None:
        """What package.json says of the tools that read it."""
        package = document(self.file("package.json"))
        pinned = str(package.get("packageManager") or "").partition("@")
        wanted = {pinned[0]: pinned[2], **section(package, "engines")}
        for tool in ENGINES:
            if isinstance(wanted.get(tool), str) and wanted[tool] and shutil.which(tool):
                _, have = asked([tool, "--version"], self.env)
                self.tell_range(
                    tool, have.strip(), wanted[tool], "package.json", meets(version(have), wanted[tool], npm=True), warn
                )

    def tell_range(self, tool: str, have: str, wanted: str, file: str, met: bool | None, worse: Any) -> None:
        if met is False:
            worse(
                "%s: %s here is %s, and %s asks for %s" % (self.name, tool, have, file, wanted),
                "install that %s on the host" % tool,
            )
        else:
            ok("%s: %s %s, and %s asks for %s" % (self.name, tool, have, file, wanted))


def main(php: str, live: str, *apps: str) -> None:
    """PHP LIVE (NAME FOLDER)..."""
    pairs: List[str] = list(apps)
    with tempfile.TemporaryDirectory() as home:
        places = ("COMPOSER_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "npm_config_cache")
        env = {
            **os.environ,
            **dict.fromkeys(places, home),
            "COMPOSER_CACHE_DIR": os.devnull,
            "npm_config_update_notifier": "false",
        }
        for name, folder in zip(pairs[::2], pairs[1::2]):
            app = App(name, os.path.join(live, folder), php, env)
            looked("PHP of %s" % name, app.tell_php)
            looked("the tools of %s" % name, app.tell_engines)


main(*sys.argv[1:])
