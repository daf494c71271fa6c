"""Text of a person, or of hosts.yml, as it is quoted back."""

from collections.abc import Iterable


def shown(text: str) -> str:
    """Text on one line, in quotes, with what cannot be printed escaped, and not too long."""
    return repr(text) if len(text) <= 60 else repr(text[:60]) + "..."


def nearest(name: object, names: Iterable[str]) -> str:
    """`, did you mean X?` where one of the names is close to this one."""
    from difflib import get_close_matches

    close = get_close_matches(str(name), sorted(names), n=1)
    return f", did you mean {close[0]}?" if close else ""
