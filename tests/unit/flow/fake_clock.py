"""A clock that waits for nothing."""

from tasks.flow.clock import Clock


class FakeClock(Clock):
    """A clock that only pauses move."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 1000.0
        self.pauses: list[float] = []

    def now(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.check()
        self.pauses.append(seconds)
        self.seconds += seconds
