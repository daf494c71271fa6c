"""What a load has shown: requests that were lost, that the wrong release has answered, that were sent twice."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tests.support.load.request import Request


@dataclass(frozen=True)
class Judged:
    """A load during which `before` gave way to `after`; they are the same where nothing was to change.

    `done` is when whoever made the change was told that it was made, on the clock of the requests.
    """

    requests: Sequence[Request]
    before: str
    after: str
    done: float = math.inf

    @cached_property
    def since(self) -> float:
        """When the new release was first seen, whole, or when it was said to be live, whichever was earlier."""
        seen = (request.ended for request in self.requests if request.said.release == self.after)
        return min([self.done, *seen])

    @property
    def failed(self) -> list[Request]:
        """Pages that did not come, or not whole; assets are told apart, in `lost_assets`."""
        return [request for request in self.requests if request.said.failure and not request.is_asset]

    @property
    def wrong(self) -> list[Request]:
        """What was answered by a release that it cannot have been: judged by when a request started, not by when it ended."""
        return [request for request in self.requests if request.said.release and not self._may_answer(request)]

    def _may_answer(self, request: Request) -> bool:
        return request.said.release == self.after or (request.said.release == self.before and request.started <= self.since)

    @property
    def retried(self) -> list[Request]:
        """Sent twice, as the server had closed an idle connection that it was sent on."""
        return [request for request in self.requests if request.retried]

    @property
    def old_assets(self) -> list[Request]:
        """Assets of the page that was opened before, asked for after the swap, and that no page names any more."""
        named = {asset for request in self.requests if request.said.release == self.after for asset in request.said.assets}
        asked = (request for request in self.requests if request.is_asset and request.started > self.since)
        return [request for request in asked if request.path not in named]

    @property
    def lost_assets(self) -> list[Request]:
        """Assets that did not come, or with another content than before under the same name."""
        first: dict[str, str] = {}
        return [
            request
            for request in self.requests
            if request.is_asset
            and (request.said.failure or first.setdefault(request.path, request.said.digest) != request.said.digest)
        ]

    @property
    def pings(self) -> list[str]:
        """The messages that were sent."""
        return [request.said.ping for request in self.requests if request.said.ping]

    @property
    def slowest(self) -> float:
        """Seconds that the longest answer took."""
        return max(request.ended - request.started for request in self.requests)

    def answered_by(self, release: str) -> int:
        """How many pages a release has answered."""
        return sum(request.said.release == release for request in self.requests)

    def __str__(self) -> str:
        why = Counter(request.said.failure for request in self.failed)
        return (
            f"{len(self.requests)} requests, {len(self.failed)} failed{f' {dict(why)}' if why else ''}, "
            f"{len(self.wrong)} by the wrong release, {len(self.retried)} retried; "
            f"{len(self.old_assets)} of old assets, {len(self.lost_assets)} assets lost; slowest {self.slowest * 1000:.0f} ms"
        )
