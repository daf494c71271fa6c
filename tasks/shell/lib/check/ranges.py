"""Versions, and the ranges of them that composer.json and package.json ask for."""

from __future__ import annotations

import re
from typing import List, Tuple

PART = re.compile(
    r"(\^|~|>=|<=|!=|>|<|==?)?\s*v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:\.(?:\d+|[xX*]))?(?:[-+@][\w.+-]*)?(?=[\s,]|$)"
)

Version = Tuple[int, int, int]


def version(text: str) -> Version:
    """The first version that a text names, (0, 0, 0) where it names none."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else (0, 0, 0)


def meets(have: Version, wanted: str, *, npm: bool = False) -> bool | None:
    """Is a version in a range? None where this cannot read the range. npm and Composer differ on what ~1.2 and 1.2 are."""
    answers = [all_met(have, each.strip(), npm) for each in re.split(r"\|\|?", wanted)]
    return True if True in answers else None if None in answers else False


def all_met(have: Version, wanted: str, npm: bool) -> bool | None:
    hyphen = re.fullmatch(r"(\S+)\s+-\s+(\S+)", wanted)
    if hyphen:
        wanted = ">=%s <=%s" % hyphen.groups()
    answers = []
    while wanted:
        found = PART.match(wanted)
        if not found:
            return None
        low, high = bounds(found[1] or "", [part for part in found.group(2, 3, 4) if part], npm)
        answers.append((low <= have < high) != (found[1] == "!="))
        wanted = wanted[found.end() :].lstrip(" ,")
    return all(answers) if answers else None


def bounds(sign: str, parts: List[str], npm: bool) -> Tuple[Version, Version]:
    """The first version in a range, and the first after it."""
    given = [int(part) for part in parts if part.isdigit()]
    low, end, none = filled(given), (10**9, 0, 0), (0, 0, 0)
    partial = len(given) < len(parts) or (npm and len(given) < 3)
    exact_end = filled(raised(given, len(given) - 1)) if partial else filled(raised([*low], 2))
    if not given:
        return none, end
    fixed = {
        ">=": (low, end),
        ">": (exact_end, end),
        "<": (none, low),
        "<=": (none, exact_end),
        "^": (low, filled(raised(given, next((at for at, part in enumerate(given[:-1]) if part), len(given) - 1)))),
        "~": (low, filled(raised(given, 1 if npm and len(given) > 1 else max(len(given) - 2, 0)))),
    }
    return fixed.get(sign, (low, exact_end))


def filled(parts: List[int]) -> Version:
    major, minor, patch = [*parts, 0, 0, 0][:3]
    return major, minor, patch


def raised(parts: List[int], at: int) -> List[int]:
    """The next version that differs at this place."""
    return [*parts[:at], parts[at] + 1] if parts else []
