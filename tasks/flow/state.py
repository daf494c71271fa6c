"""What a host reports of itself, parsed once into frozen values."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from tasks.errors import NotReleased
from tasks.remote.run import Release


@dataclass(frozen=True, slots=True)
class Known:
    """A sealed release on its host. `state` is live, good or bad; times are ISO 8601, UTC."""

    name: str
    ref: str | None = None
    commit: str | None = None
    by: str | None = None
    built_at: str | None = None
    released_at: str | None = None
    state: str = "good"

    @property
    def release(self) -> Release:
        """The release as every host has it."""
        return Release(self.name, self.ref or "", self.commit or "")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock, for what verb, and since when."""

    by: str
    what: str
    since: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Who stopped releases, why, and since when."""

    by: str
    reason: str
    since: str


@dataclass(frozen=True, slots=True)
class HostState:
    """The state of a host at one moment.

    `live_path` is what the live link says, to be compared; `live_target` is the directory that it leads to, "" when that is
    no release; `previous` is the release that a rollback goes to; `next` is the name for the next release. `releases` are
    there only where they were asked for, and `asked` is the release that was asked for by name, where it is one.
    """

    live: Known | None = None
    live_path: str = ""
    live_target: str = ""
    previous: str | None = None
    releases: tuple[Known, ...] = ()
    asked: Known | None = None
    pending: bool = False
    lock: Holder | None = None
    hold: Hold | None = None
    next: str = ""

    @classmethod
    def parse(cls, facts: Mapping[str, str]) -> "HostState":
        """The state in a host's facts. Raises NotReleased when it is not of the form that this version knows."""
        try:
            state = json.loads(facts["state"])
            return cls(
                live=_known(state["live"]) if state["live"] else None,
                live_path=facts.get("live_path", ""),
                live_target=state["live_target"],
                previous=state["previous"],
                releases=tuple(_known(release) for release in state.get("releases", ())),
                asked=_known(state["release"]) if state["release"] else None,
                pending=state["post_release_pending"],
                lock=Holder(**state["lock"]) if state["lock"] else None,
                hold=Hold(**state["hold"]) if state["hold"] else None,
                next=state["next"],
            )
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise NotReleased(f"the state that the host reported cannot be read: {problem!r}") from problem

    @property
    def document(self) -> dict[str, Any]:
        """The state as `status --json` has it."""
        return {
            "live": asdict(self.live) if self.live else None,
            "previous": self.previous,
            "releases": [asdict(release) for release in self.releases],
            "post_release_pending": self.pending,
            "lock": asdict(self.lock) if self.lock else None,
            "hold": asdict(self.hold) if self.hold else None,
        }

    def switched(self, release: Release, path: str) -> "HostState":
        """The state after this release went live, in this directory."""
        live = Known(release.name, release.ref, release.commit, state="live")
        return replace(self, live=live, live_path=path, live_target=path, pending=True)


def _known(about: Mapping[str, Any]) -> Known:
    more = {key: about.get(key) for key in ("ref", "commit", "by", "built_at", "released_at")}
    return Known(about["name"], **more, state=about["state"])
