"""The pools of a php-fpm, as `php-fpm -tt` prints them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_NOTICE = re.compile(r"(?:\[[^\]]*\] )?NOTICE: (?:pid \d+, \w+\(\), line \d+: )?(.*)")
_SECTION = re.compile(r"\[(.+)\]")
_PAIR = re.compile(r"\t(\S+?) = (.*)")


def read_dump(text: str) -> dict[str, Any]:
    """What `php-fpm -tt` prints: process_control_timeout in seconds, and under "pools" each pool by its name.

    A pool has every key as php-fpm prints it (user, group, listen, listen.owner, chroot, pm ...); "" is one that is not set.
    A text without a [global] section is no configuration: ValueError, with the text's last line.
    """
    sections: dict[str, dict[str, str]] = {}
    name = ""
    for line in text.splitlines():
        notice = _NOTICE.fullmatch(line)
        section = _SECTION.fullmatch(notice[1]) if notice else None
        pair = _PAIR.fullmatch(notice[1]) if notice else None
        if section:
            name = section[1]
            sections[name] = {}
        elif pair and name:
            sections[name][pair[1]] = "" if pair[2] == "undefined" else pair[2]
    if "global" not in sections:
        raise ValueError((text.strip().splitlines() or ["php-fpm -tt printed nothing"])[-1])
    timeout = sections.pop("global").get("process_control_timeout", "")
    return {"process_control_timeout": int(re.sub(r"\D", "", timeout) or 0), "pools": sections}
