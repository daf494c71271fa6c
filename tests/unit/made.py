"""Values that the tests are about, made of the few keys that matter to each."""

from typing import Any

from tasks.config.models import Environment
from tasks.remote.run import Run

REPOSITORY = "git@github.com:acme/site.git"


def environment(name: str = "prod", **keys: Any) -> Environment:
    """What hosts.yml makes of these keys."""
    return Environment.model_validate({"name": name, "repository": REPOSITORY, **keys}, by_alias=True, by_name=False)


def run(**values: Any) -> Run:
    """A run with a name for everything that every run has."""
    known: dict[str, Any] = {"id": "1d", "by": "ada@desk", "verb": "deploy", "what": "deploy master"}
    return Run(**{**known, **values})
