"""The units of systemd as `systemctl show` prints them, the tests of what they start, and the pools of their php-fpm."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable

from tasks.host import files

UNWANTED = ("-F", "--nodaemonize", "-D", "--daemonize")
SIZES = {"us": 1e-6, "ms": 1e-3, "": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
NGINX, PREFIX = "/etc/nginx/nginx.conf", "/usr/share/nginx/"
INIS = ("php.ini", "php-fpm*.ini", "conf.d/*.ini", "php.d/*.ini", "php/*.ini", "php/conf.d/*.ini")  # beside php-fpm.conf
PLACES = ("/etc/php/*/fpm/php-fpm.conf", "/etc/php-fpm.conf", "/usr/local/etc/php-fpm.conf")
STARTED = re.compile(r"path=\S*php[^/ ]*fpm")
TITLE = re.compile(r"php-fpm: master process \((.+)\)")
NOTICE = re.compile(r"(?:\[[^\]]*\] )?NOTICE: (?:pid \d+, \w+\(\), line \d+: )?(?:\[(.+)\]|\t(\S+?) = (.*))")


def units_in(shown: str) -> list[dict[str, str]]:
    """Each unit's properties by name; of a property with several lines, all of them."""
    found = []
    for block in shown.strip().split("\n\n"):
        unit: dict[str, str] = {}
        for key, _, value in (line.partition("=") for line in block.split("\n")):
            unit[key] = f"{unit[key]}\n{value}" if key in unit else value
        found.append(unit)
    return found


def refusal(unit: dict[str, str], action: str) -> tuple[str, str] | None:
    """What keeps systemctl from doing this to a unit, and what to type next."""
    loaded, active = unit.get("LoadState", "loaded"), unit.get("ActiveState", "active")
    if loaded != "loaded":
        return f"cannot be started: it is {loaded}", f"sudo systemctl status {files.quoted(unit['Id'])}"
    if action != "reload":
        return _by_hand(unit)
    if unit.get("CanReload") == "no":
        return "cannot reload", "# leave out action: reload in services of hosts.yml, or give the unit an ExecReload"
    if active not in ("active", "reloading"):
        return f"is {active}, and only one that runs can reload", f"sudo systemctl start {files.quoted(unit['Id'])}"
    return None


def _by_hand(unit: dict[str, str]) -> tuple[str, str] | None:
    if "no" not in (unit.get("CanStart"), unit.get("CanStop")):
        return None
    todo = f"sudo systemctl edit {files.quoted(unit['Id'])} # RefuseManualStart=no and RefuseManualStop=no under [Unit]"
    return "refuses to be started or stopped by hand, and so a restart", todo


def only_gone(said: str) -> bool:
    """Whether systemctl has failed for units alone that are not there: a glob means failed ones whose files are gone, too."""
    failed = re.findall(r"^(?:Failed|Job|A dependency) .*", said, re.M)
    gone = [re.fullmatch(r"Failed to \S+ (\S+): Unit \1 (?:not found|not loaded)\.", line) for line in failed]
    return bool(gone) and all(gone)


def executable(unit: dict[str, str]) -> list[str]:
    """The words that a unit starts, [] where it starts nothing; systemctl shows them without quotes."""
    found = re.search(r"argv\[\]=(.*?) ; ", unit.get("ExecStart", ""))
    return found[1].split() if found else []


def is_php_fpm(words: list[str]) -> bool:
    """Whether these words start a php-fpm."""
    return bool(words) and os.path.basename(words[0]).startswith("php-fpm")


def is_nginx(words: list[str]) -> bool:
    """Whether these words start an nginx."""
    return bool(words) and os.path.basename(words[0]) == "nginx"


def nginx_config(words: list[str]) -> str:
    """The main file of the nginx that these words start."""
    given = dict(re.findall(r" -([cp]) ?(\S+)", " ".join(words)))
    return os.path.join(given.get("p", PREFIX), given.get("c", NGINX))


def php_fpm_config(words: list[str]) -> str:
    """The configuration that a php-fpm is started with; "" where its words name none."""
    found = re.search(r" (?:-y|--fpm-config)[ =]?(\S+)", " ".join(words))
    return found[1] if found else ""


def php_fpm_mains(config: str) -> list[str]:
    """The configuration that a php-fpm is started with; where that is "", those in the usual places."""
    return [config] if config else [file for place in PLACES for file in sorted(glob.glob(place))]


def php_fpm_tests(units: Iterable[dict[str, str]]) -> list[list[str]]:
    """Of the units that are a php-fpm: the command that tests their configuration, and prints it."""
    found = filter(is_php_fpm, map(executable, units))
    return [[*(word for word in words if word not in UNWANTED), "-tt"] for words in found]


def nginx_tests(units: Iterable[dict[str, str]]) -> list[list[str]]:
    """Of the units that are an nginx: the command that tests their configuration."""
    found = list(filter(is_nginx, map(executable, units)))
    named = [[word for flag in ("-c", "-p") if flag in words for word in words[words.index(flag) :][:2]] for words in found]
    return [[words[0], *more, "-t"] for words, more in zip(found, named)]


def read(path: str, section: str = "global", depth: int = 0) -> dict[str, dict[str, str]]:
    """The sections of a php-fpm.conf with all that it includes; [global] is one. OSError for a file that may not be read."""
    found: dict[str, dict[str, str]] = {section: {}}
    for line in map(str.strip, files.read(path).decode("utf-8", "surrogateescape").split("\n")):
        head = re.fullmatch(r"\[(.+)\]", line)
        pair = re.match(r"([^;#=][^=]*?)\s*=\s*(.*)", line)
        if head:
            section = head[1]
            found.setdefault(section, {})
        elif pair and pair[1] == "include" and depth < 8:
            for inner in sorted(glob.glob(os.path.join(os.path.dirname(path), _value(pair[2])))):
                for name, pairs in read(inner, section, depth + 1).items():
                    found.setdefault(name, {}).update(pairs)
        elif pair:
            found[section][pair[1]] = _value(pair[2]).replace("$pool", section)
    return found


def _value(text: str) -> str:
    """What stands after the equals sign, without quotes and without a comment."""
    quoted = re.match(r'"([^"]*)"|\'([^\']*)\'', text)
    return (quoted[1] or quoted[2] or "") if quoted else text.split(";")[0].strip()


def read_dump(text: str) -> tuple[float, dict[str, dict[str, str]]]:
    """What `php-fpm -tt` prints: process_control_timeout in seconds, and its pools by name. Raises ValueError with its end."""
    sections: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for notice in filter(None, map(NOTICE.fullmatch, text.split("\n"))):
        name, key, value = notice.groups()
        if name:
            section = sections[name] = {}
        else:
            section[key] = "" if value == "undefined" else value
    if "global" not in sections:
        own = [line for line in text.strip().split("\n") if "NOTICE: " not in line]  # those quote the configuration
        raise ValueError("".join(own[-1:]) or "php-fpm -tt printed nothing")
    return seconds(sections.pop("global").get("process_control_timeout", "")), sections


def seconds(text: str) -> float:
    """10, 10s, 2m: as php-fpm reads a time, and 1min 30s, as systemctl shows one; 0 for anything else."""
    return sum(float(number) * SIZES.get(unit, 0.0) for number, unit in re.findall(r"(\d+(?:\.\d+)?)([a-z]*)", text))


def address(listen: str) -> str:
    """A socket in one spelling, whether php-fpm or nginx names it: the path, or for TCP the port."""
    listen = listen[5:] if listen.startswith("unix:") else listen
    return os.path.realpath(listen.rstrip(":")) if listen.startswith("/") else listen.rpartition(":")[2]


def pool_users(shown: str) -> set[str]:
    """The users of the pools of all php-fpm in what `systemctl show --property=Id,User,MainPID,ExecStart` prints.

    Raises OSError or ValueError where the configuration of one cannot be read or found.
    """
    found: set[str] = set()
    for unit in units_in(shown):
        title = TITLE.search(files.text(f"/proc/{unit.get('MainPID')}/cmdline"))
        if not title and not STARTED.search(unit.get("ExecStart", "")):
            continue
        config = title[1] if title else php_fpm_config(executable(unit))
        if not config:
            raise ValueError(f"where {unit.get('Id')} has its configuration cannot be found out while it is stopped")
        found |= {pool["user"] for pool in read(config).values() if pool.get("user")} or {unit.get("User") or "root"}
    return found
