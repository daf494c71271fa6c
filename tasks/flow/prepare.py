"""What a run tries on a host before anything is written there: its logins, and the commands of its services."""

import threading
from collections.abc import Mapping, Sequence
from queue import SimpleQueue
from typing import Literal

from tasks.errors import ReleaseError, Unreachable
from tasks.flow.member import Member
from tasks.phases import post_release, web

Tries = Literal["", "web", "services", "warns"]
"""What a run tries beside its logins: whether visitors would reach a release; that, and the services; both, and no answer
refuses it."""


def leave_out(away: Mapping[Member, ReleaseError], typed: Sequence[str]) -> None:
    """Where some hosts cannot be reached, and others can, what comes next is the line that leaves them out."""
    unreached = {member: problem for member, problem in away.items() if isinstance(problem, Unreachable)}
    names = [member.host.address for member in unreached]
    reason = () if "--reason" in typed else ("--reason", "it is down")
    for member, problem in unreached.items():
        without = [word for name in (*member.run.without, *names) if name not in typed for word in ("--without", name)]
        if not {*names} & {*typed}:
            problem.next = f"{member.hint(*typed, *without, *reason)} # goes on with the others"


def prepare(member: Member, *, asks: bool, tries: Tries) -> None:
    """Both logins at once. `asks`: the lock is asked for with the first, unless something is tried that may refuse the run.

    Whether visitors would reach a release is asked with the lock, just before it is taken. What serves the services travels
    while the release is built.

    Raises ReleaseError, that of the release user's login before any other.
    """
    environment, warns = member.host.environment, tries == "warns"
    member.lock.first = web.reached(environment, warns=warns) if tries else ()
    if tries in ("", "web") or not environment.services:
        member.host.begin_with(member.lock.phase(), member.run, ask=asks)
        return
    logged_in: SimpleQueue[BaseException | None] = SimpleQueue()
    threading.Thread(target=_log_in, args=(member, logged_in, asks and warns), daemon=True).start()
    tried = post_release.try_services(environment, warns=warns)
    try:
        member.host.begin_with(tried, member.run, ask=not tried.is_empty)
        member.require(tried, again=True)
        member.host.bring(post_release.post_release(environment), member.run)
    finally:
        if problem := logged_in.get():
            raise problem


def _log_in(member: Member, logged_in: "SimpleQueue[BaseException | None]", ask: bool) -> None:
    try:
        member.host.begin_with(member.lock.phase(), member.run, ask=ask)
        logged_in.put(None)
    except BaseException as problem:
        logged_in.put(problem)
