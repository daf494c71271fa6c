"""Who runs what, and what a phase of the run is about: the values that a phase is sent with."""

from typing import NamedTuple


class Release(NamedTuple):
    """A release as every host of an environment has it: the same name and commit on each. "" where it is not known."""

    name: str = ""
    ref: str = ""
    commit: str = ""


class Run(NamedTuple):
    """One run of a verb. `what` is for a run that finds the lock taken; `without` are the hosts that it leaves out, and why."""

    id: str
    by: str
    verb: str
    what: str
    without: tuple[str, ...] = ()
    reason: str = ""


class About(NamedTuple):
    """What one phase is about.

    `path` is the directory of the release, where its sender knows it; `expected` is where the live link pointed when the
    run began: a phase that moves it refuses when it points elsewhere. `put_back`: how, where what is live failed:
    `yes`, or `untouched` before any service was asked to follow.
    """

    release: Release = Release()
    path: str = ""
    expected: str = ""
    put_back: str = ""


NOTHING = About()
