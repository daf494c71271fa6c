"""What a host reports of itself, parsed once into frozen values."""

import json
import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from tasks.errors import NotReleased
from tasks.remote.run import Release

_NAME = re.compile(r"[^/\0\n]+-[0-9]{8}T[0-9]{6}Z")
REPORTED = ("live", "previous", "releases", "post_release_pending", "lock")


class Known(NamedTuple):
    """A sealed release on its host, and why it stands as it does, as CONTRACT has it."""

    release: Release
    why: str = "live"

    @property
    def bad(self) -> bool:
        """Whether it was left by a rollback, or put back by a deploy."""
        return self.why in ("rolled back", "failed")


class HostState(NamedTuple):
    """The state of a host at one moment.

    `live_path` is what the live link says, to be compared; `live_target` is the directory that it leads to, "" when that is
    no release; `previous` is the release that a rollback goes to; `next` is the name for the next release; `asked` is the
    release that was asked for by name, where it is one; `back` are the releases that a rollback may go to, the newest first;
    `left_out` are the hosts of the environment that the last cutover left out, and why; `moved` is the run that moved the live
    link last, "" where that is not known. `document` is the state as
    `status --json` has it, with the releases only where they were asked for.
    """

    live: Known | None = None
    live_path: str = ""
    live_target: str = ""
    previous: str | None = None
    asked: Known | None = None
    pending: bool = False
    next: str = ""
    back: tuple[str, ...] = ()
    left_out: Mapping[str, str] = MappingProxyType({})
    moved: str = ""
    document: Mapping[str, Any] = MappingProxyType({})

    @classmethod
    def parse(cls, facts: Mapping[str, str], there: Collection[str]) -> "HostState":
        """The state in a host's facts. An address that is not `there` any more is left out no more.

        Raises NotReleased when it is not of the form that this version knows.
        """
        try:
            state = json.loads(facts["state"])
            document = {key: state[key] for key in REPORTED if key in state}
            left_out = {address: why for address, why in state["left_out"].items() if address in there}
            hold = {key: state["hold"][key] for key in ("by", "reason", "since")} if state["hold"] else None
            return cls(
                live=_known(state["live"]),
                live_path=facts.get("live_path", ""),
                live_target=state["live_target"],
                previous=state["previous"] and _name(state["previous"]),
                asked=_known(state["release"]),
                pending=state["post_release_pending"],
                next=_name(state["next"]),
                back=tuple(map(_name, state["back"])),
                left_out=left_out,
                moved=state["moved"],
                document={**document, "hold": hold, **({"left_out": left_out} if left_out else {})},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise NotReleased(f"the state that the host reported cannot be read: {problem!r}") from problem

    def switched(self, release: Release, path: str, pending: bool, moved: str) -> "HostState":
        """The state after this release went live, in this directory, by this run."""
        return self._replace(live=Known(release), live_path=path, live_target=path, pending=pending, moved=moved)


def _known(about: Mapping[str, Any] | None) -> Known | None:
    return Known(Release(_name(about["name"]), about["ref"] or "", about["commit"] or ""), about["why"]) if about else None


def _name(text: str) -> str:
    """A name that can be a release's: it is sent to other hosts, where it becomes a path."""
    if not _NAME.fullmatch(text):
        raise ValueError(text)
    return text
