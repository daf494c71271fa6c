"""How the members of a run stand, and the one place where an exit code and its words are made of that."""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import NamedTuple

from tasks.errors import (
    Busy,
    Interrupted,
    LiveButFailed,
    NotReleased,
    OutcomeUnknown,
    PutBack,
    ReleaseError,
    Unreachable,
    UsageError,
)
from tasks.phases.step import Phase
from tasks.remote.outcome import Outcome

Hint = Callable[..., str]
"""Makes a command to type of a verb and its options."""


class Standing(Enum):
    """How a member stands, compared with the beginning of the run."""

    AS_IT_WAS = "what was live is live"
    SWITCHED = "the release is live, and its services are not shown to run it"
    SERVED = "the release is live, and its services run it"
    BACK = "what was live at first is live again"
    UNKNOWN = "a cutover was sent, and what is live cannot be asked"


class Stand(NamedTuple):
    """How one member stands, for people. Names are "" where there is none.

    `live` is what is known to be live, `first` what was live when the run began, `made` what the run made live, `target` what
    the last cutover was to make live. `way_back` says what became of putting `first` back; `cause` is what went wrong;
    `running` may still be running there; `done` is what the run has done there besides.
    """

    address: str
    standing: Standing = Standing.AS_IT_WAS
    asked: bool = False
    live: str = ""
    first: str = ""
    made: str = ""
    target: str = ""
    pending: bool = False
    way_back: str = ""
    cause: ReleaseError | None = None
    running: Phase | None = None
    done: str = ""

    @property
    def own(self) -> bool:
        """Whether what the run made live still is."""
        return bool(self.made) and self.live == self.made

    @property
    def may_be_back(self) -> bool:
        """Whether what was live at first is being put back, and nobody has heard that it is live."""
        return self.own and self.running is not None and bool(self.running.moves)


def words(stand: Stand) -> str:
    """A member's state, in sentences."""
    match stand.standing:
        case Standing.UNKNOWN:
            return f"Live is {stand.live or 'nothing'} or {stand.target or 'the release before it'}: the host cannot be asked."
        case Standing.BACK:
            pending = " Post-release is pending." if stand.pending else ""
            again = "stays live" if stand.made == stand.first else "is live again"
            return f"{stand.live} {again}, {stand.way_back or 'and its services are not touched'}.{pending}"
        case Standing.SWITCHED | Standing.SERVED:
            return _moved(stand)
        case _:
            return _unmoved(stand)


def failure(outcome: Outcome, phase: Phase, stand: Stand, hint: Hint) -> ReleaseError:
    """What a phase that did not go well means by itself, on a member that stands so."""
    where = stand.address
    if outcome.status == "unknown":
        return Unreachable(
            f"the link to {where} was lost during {phase.name}",
            details=[outcome.failure] if outcome.failure else (),
            state=f"{words(stand)} What was running there may go on.",
            next=hint("status"),
        )
    kind = {2: UsageError, 6: Busy, 7: Unreachable, 130: Interrupted}.get(outcome.code or 0, NotReleased)
    return kind(
        outcome.failure if kind is Unreachable else f"{where}: {phase.name}: {outcome.failure}",
        details=() if outcome.tail else outcome.noise,
        state=words(stand),
        next=outcome.next or hint("logs" if phase.is_job else "status"),
    )


def verdict(stands: Sequence[Stand], causes: Sequence[ReleaseError], hint: Hint, again: str = "") -> ReleaseError:
    """What a run has come to that did not go well: one error.

    Its exit code follows from the standings alone. `causes` are what went wrong, in the order in which it did. `again` is the
    line that goes on, where the verb has one that always does.
    """
    standings = {stand.standing for stand in stands}
    if standings == {Standing.AS_IT_WAS} and causes:
        return _as_it_was(stands, causes)
    kind, next = _worst(stands, standings, hint)
    error = kind(
        "; ".join(dict.fromkeys(cause.what for cause in causes)) or kind.__name__,
        details=[line for cause in causes for line in cause.details],
        state=table(stands),
        next=next if kind is OutcomeUnknown else again or next,
    )
    error.besides = next_to(causes)
    return error


def next_to(causes: Sequence[ReleaseError]) -> str:
    """What is true besides the state of the hosts."""
    return " ".join(dict.fromkeys(cause.besides for cause in causes if cause.besides))


def interruption(stands: Sequence[Stand], phases: Sequence[Phase], hint: Hint) -> Interrupted:
    """What a Ctrl-C has come to, which was heard during these phases."""
    state = table(stands, lambda stand: _interrupted(stand, hint))
    if any(phase.follows for phase in phases):
        return Interrupted(
            "interrupted; the job goes on", state=state, next=f"{hint('attach')} # follows it again; cancel ends it"
        )
    return Interrupted(
        "interrupted" + (f" during {names(phases)}" if phases else ""), state=state, next=_after_an_interruption(stands, hint)
    )


def _after_an_interruption(stands: Sequence[Stand], hint: Hint) -> str:
    """Where some hosts have switched and others not, there are two ways on; the first host decides what the way back is to."""
    going_back = any(stand.standing is Standing.BACK or stand.may_be_back for stand in stands)
    made = next((stand.made for stand in stands if stand.own), "")
    if made and (going_back or not all(stand.own for stand in stands)):
        there = stands[0].first if stands[0].own else stands[0].live
        back = hint("rollback", *(("--to", there) if there else ()))
        if going_back:
            return f"{back} # goes on with putting back; {hint('deploy', '--name', made)} tries it once more"
        return f"{hint('deploy', '--name', made)} # goes on; {back} goes back"
    return hint("post-release" if any(stand.pending for stand in stands) else "status")


def names(phases: Sequence[Phase]) -> str:
    """The names of phases, each once."""
    return ", ".join(dict.fromkeys(phase.name for phase in phases))


def table(stands: Sequence[Stand], state: Callable[[Stand], str] = words) -> str:
    """The state of every member; those that stand alike share a line, and a single one needs no address."""
    lines: dict[str, list[str]] = {}
    for stand in stands:
        lines.setdefault(state(stand), []).append(stand.address)
    if len(stands) == 1:
        return next(iter(lines))
    return "\n".join(f"{', '.join(addresses)}: {line}" for line, addresses in lines.items())


def _worst(stands: Sequence[Stand], standings: set[Standing], hint: Hint) -> tuple[type[ReleaseError], str]:
    """The error for the worst standing among them, and what to type next."""
    if Standing.UNKNOWN in standings:
        return OutcomeUnknown, hint("status")
    if standings & {Standing.SWITCHED, Standing.SERVED}:
        return LiveButFailed, _onwards(stands, hint)
    if Standing.BACK in standings:
        made = next(stand.made for stand in stands if stand.standing is Standing.BACK)
        return PutBack, f"{hint('deploy', '--name', made)} # tries the same release once more, when the cause is mended"
    return NotReleased, hint("status")


def _onwards(stands: Sequence[Stand], hint: Hint) -> str:
    """What to type where something has moved: what moves the other hosts too, else what is left to do on those that have."""
    own = [stand for stand in stands if stand.own and not stand.way_back]
    if own and any(stand.standing is Standing.AS_IT_WAS for stand in stands):
        return f"{hint('rollback', '--to', own[0].made)} # makes it live on the others too"
    return hint("post-release" if own else "status")


def _as_it_was(stands: Sequence[Stand], causes: Sequence[ReleaseError]) -> ReleaseError:
    """Nothing moved anywhere: the first cause stands for all, with its own exit code."""
    first, *others = causes
    first.state = table(stands, lambda stand: (stand.cause.state if stand.cause else "") or words(stand))
    first.details = (*first.details, *(other.what for other in others))
    first.besides = next_to(causes)
    return first


def _moved(stand: Stand) -> str:
    if not stand.own:
        return f"Live: {stand.live or 'no release of ours'}. Somebody else released since, and that stays."
    since = "unchanged" if stand.made == stand.first else "since this run"
    served = "" if stand.standing is Standing.SERVED else "Post-release is not done."
    return " ".join(
        filter(None, (f"Live: {stand.live}, {since}.", "Post-release is pending." if stand.pending else served, stand.way_back))
    )


def _interrupted(stand: Stand, hint: Hint) -> str:
    """A member's state after a Ctrl-C, and what may still be running on it."""
    known = words(stand)
    if stand.standing is Standing.BACK:
        known = f"Live: {stand.live}, put back." + (" Post-release is pending." if stand.pending else "")
    elif stand.standing is Standing.AS_IT_WAS and stand.pending:
        known += " Post-release is pending."
    if stand.cause:
        known += f" {stand.cause.what.rstrip('.')}."
    if not stand.running or stand.running.follows:
        return known
    if stand.running.moves:
        known = f"Live was {stand.live or 'nothing'}, and the {stand.running.name} may have happened."
    ends = f"; {hint('cancel')} ends it" if stand.running.is_job else ""
    return f"{known} {stand.running.name} may still be running on {stand.address}{ends}."


def _unmoved(stand: Stand) -> str:
    if not stand.asked:
        return stand.done or "Nothing was changed."
    if stand.live == stand.first:
        live = f"Live: {stand.live or 'nothing yet'}, unchanged."
    else:
        live = f"Live: {stand.live or 'nothing'}; it was {stand.first or 'nothing'} when this run began."
    return f"{live} {stand.done}".rstrip()
