"""Event logs: one JSON line an event, for tests to count."""

import json
import time
from pathlib import Path


def append(log: Path, **event: object) -> None:
    """Add one event; a single write in append mode, so that lines of several processes never mix."""
    line = json.dumps({**event, "at": round(time.time(), 3)}, ensure_ascii=False)
    with log.open("ab", buffering=0) as file:
        file.write(line.encode() + b"\n")
