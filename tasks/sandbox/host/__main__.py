"""`python …/host NAME ARGUMENTS`: run one program of the embedded host, without loading the release tool around it."""

import importlib
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    sys.exit(importlib.import_module(f"host.{sys.argv[1]}").main(*sys.argv[2:]))
