"""The environment with the peers from PyPI, which `make bench` makes from requirements.txt beside this file."""

from importlib.metadata import distributions

from tasks.config.inventory import PROJECT

FOLDER = PROJECT / ".bench"
BIN = FOLDER / "bin"


def version_of(name: str) -> str:
    """The version of a distribution in it. Raises StopIteration when it has none."""
    places = [str(path) for path in FOLDER.glob("lib/python*/site-packages")]
    return next(found.version for found in distributions(name=name, path=places))
