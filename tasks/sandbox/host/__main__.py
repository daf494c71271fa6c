"""`python …/host NAME FOLDER ARGUMENTS`: run one program of the embedded host, without loading the release tool around it."""

import sys
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    _, name, folder, *words = sys.argv
    sys.exit(import_module(f"host.{name}").main(import_module("host.layout").Layout(Path(folder)), *words))
