"""Text from a host, made safe for a screen; and how long something took, in words."""

import re

_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\n]*?(?:\x1b\\|\x07|\x9c|$)"  # OSC and other strings: titles, links
    r"|\x1b[ -/]*[0-~]?",
    re.MULTILINE,
)


def clean(text: str) -> str:
    """One line without terminal sequences, control characters, and what reorders or hides text."""
    kept = (c if c.isprintable() else " " if c.isspace() else "" for c in _SEQUENCE.sub("", text))
    return "".join(kept).rstrip(" ")


def duration(seconds: float) -> str:
    """0.3 s, 12 s, 1 min 05 s, 1 h 02 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
