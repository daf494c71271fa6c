"""The verbs, in the order in which an operator meets them."""

import sys
from importlib import import_module
from pathlib import Path

from invoke.collection import Collection

VERBS = (
    "setup.setup",
    "check.check",
    "plan.plan",
    "build.build",
    "release.release",
    "post_release.post_release",
    "deploy.deploy",
    "rollback.rollback",
    "status.status",
    "status.releases",
    "status.history",
    "status.logs",
    "adopt.adopt",
    "hold.hold",
    "hold.unhold",
    "attach.attach",
    "attach.cancel",
    "prune.prune",
)
SANDBOX = "sandbox"


def typed(words: list[str]) -> tuple[str, ...]:
    """The verbs that a command line of `fab` may mean: those that stand in it, or all, where none does or a list is wanted."""
    found = tuple(verb for verb in VERBS if verb.partition(".")[2].replace("_", "-") in words)
    listed = any(word.startswith(("--l", "--complete", "sandbox")) or (word[:1] == "-" and "l" in word[:4]) for word in words)
    return found if found and not listed else (*VERBS, SANDBOX)


def _collect() -> Collection:
    """Of fab's own process, the verbs of its command line: each brings what it uses, and is imported only then."""
    alone = any(Path(word).name in ("fab", "fabric") for word in sys.orig_argv[1:3])
    verbs = Collection()
    for verb in typed(sys.argv[1:]) if alone else (*VERBS, SANDBOX):
        module, _, name = verb.partition(".")
        if verb == SANDBOX:
            verbs.add_collection(import_module("tasks.sandbox.verbs").ns)
        else:
            verbs.add_task(getattr(import_module(f"tasks.{module}"), name))
    return verbs


ns = _collect()
