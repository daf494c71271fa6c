"""A phase is a list of steps; a step is a name, a function of the host program, and its arguments."""

from collections.abc import Callable
from typing import Any, Concatenate, Literal, NamedTuple, ParamSpec

from tasks.host.run import Run

Kind = Literal["plain", "watched", "job", "lock", "follow"]
P = ParamSpec("P")


class Step(NamedTuple):
    """One named thing that a phase does. `within`: the seconds that it may take, None for step_timeout and a little more."""

    name: str
    function: str
    arguments: tuple[Any, ...] = ()
    within: float | None = None

    def lasting(self, seconds: float) -> "Step":
        """The same step with a time of its own."""
        return self._replace(within=seconds)


def step(name: str, function: Callable[Concatenate[Run, P], None], *arguments: P.args, **named: P.kwargs) -> Step:
    """A step from the function object, so that a type checker sees a wrong name or argument. Arguments must be JSON."""
    if named:
        raise TypeError(f"{name}: arguments travel by their place")
    return Step(name, name_of(function), arguments)


class Phase(NamedTuple):
    """What a host is asked for in one go.

    `kind`: `plain` runs to its end, heard or not; `watched` ends when the workstation is gone; `job` outlives the
    workstation; `lock` takes the lock and keeps it; `follow` follows a job. `undo` removes what a job has not finished;
    `options` are those of a lock or of following, or `keep`: the host keeps the program for the next run. `loud`: a person
    wants to see its steps. `moves`: the name of the step that moves the live link, "" for a phase that moves nothing. `done`:
    what it has changed besides the live link when it went well, in a sentence.
    """

    name: str
    steps: tuple[Step, ...] = ()
    kind: Kind = "plain"
    as_service_user: bool = False
    loud: bool = False
    moves: str = ""
    undo: str = ""
    options: tuple[tuple[str, Any], ...] = ()
    done: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it comes to nothing, as a post-release without services and health checks does: no host need be asked."""
        return self.kind in ("plain", "watched") and not self.steps

    @property
    def needs_move(self) -> bool:
        """Whether the right to move the live link is taken with it, and kept until the lock is let go."""
        return ("needs_move", True) in self.options

    @property
    def is_job(self) -> bool:
        """Whether it goes on when the workstation does not: it has a log, can be followed again, and `cancel` ends it."""
        return self.kind == "job"

    @property
    def follows(self) -> bool:
        """Whether it only follows a job, which goes on without it."""
        return self.kind == "follow"


def name_of(function: Callable[..., None]) -> str:
    """The name under which the host program finds a function."""
    return f"{function.__module__}:{function.__qualname__}"
