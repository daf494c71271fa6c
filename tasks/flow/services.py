"""Post-release, and the way back when it fails."""

from typing import NoReturn

from tasks.errors import Busy, LiveButFailed, NotReleased, ReleaseError
from tasks.flow import drain, pruning
from tasks.flow.cutover import go_live, settle, swap_back, undone
from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.flow.pruning import Used
from tasks.flow.standing import Standing
from tasks.phases import cutover as cutover_phases
from tasks.phases import post_release as phases
from tasks.remote.host import Next
from tasks.remote.outcome import Outcome
from tasks.remote.run import About, Release


def post_release(fleet: Fleet, *, end_strays: bool = False) -> None:
    """Make the services of each member run what is live on it, and ask the site for its health. Raises LiveButFailed.

    `end_strays`: what an old release has left running in php-fpm's group is ended.
    """
    fleet.require(lambda member: _serve(member, _live(member), end_strays=end_strays), Standing.SERVED)


def post_release_and_look(fleet: Fleet, release: Release) -> dict[Member, Used | None]:
    """The same, for a run that prunes next: which releases are in use on each member, None where nobody could look.

    Where the run has no other member, the pruning leaves together with the record of the post-release: of several, one that
    fails later may have to go back to what would be pruned.
    """
    return fleet.require(lambda each: _serve_and_look(each, release, alone=fleet.everyone == (each,)), Standing.SERVED)


def roll_out(fleet: Fleet, release: Release) -> dict[Member, Used | None]:
    """Batch by batch: the cutover, post-release and health; then the pause, during which nothing else happens.

    Which releases are in use on each member. Raises ReleaseError; nothing is put back yet.
    """
    used: dict[Member, Used | None] = {}
    for number, batch in enumerate(fleet.batches):
        if number and fleet.environment.pause:
            fleet.note(f"the next {len(batch.members)} in {fleet.environment.pause} s")
            fleet.pause(fleet.environment.pause)
        drain.take_out(batch)
        for part in go_live(batch, release):
            used |= post_release_and_look(part, release)
        drain.put_in(batch)
    return used


def following(member: Member) -> Next | None:
    """What `post_release` sends first of all, where there is nothing to serve: its record in history."""
    nothing = phases.post_release(member.host.environment).is_empty
    return (cutover_phases.finish("ok"), About(Release(member.target.name))) if nothing else None


def put_back(fleet: Fleet, failure: ReleaseError) -> NoReturn:
    """Each member to what it ran first, batch by batch, when one is known to have failed. Raises PutBack, else what stands.

    An outcome that is unknown is no failure, unless a batch is still to come; nor is a lock that somebody else has by now:
    nothing is put back then, and nothing is marked bad. Nor is anything put back when somebody else's release is live by now.
    """
    waiting = any(member.standing is Standing.AS_IT_WAS for member in fleet.members)
    own = [member for member in fleet.members if member.made.name and member.live == member.made.name]
    if not own or not (waiting or any(_failed(member) for member in fleet.members)):
        raise failure
    fleet.note(f"putting {', '.join(dict.fromkeys(member.first.name or 'nothing' for member in own))} back")
    errors: dict[Member, ReleaseError] = {}
    for batch in reversed(fleet.batches):
        errors |= _back(batch)
    unsure = fleet.of([member for member in fleet.members if member.standing is Standing.UNKNOWN])
    settle(unsure)
    errors |= _back(unsure)
    raise fleet.verdict(Standing.BACK, errors, because=failure) or failure


def _back(batch: Fleet) -> dict[Member, ReleaseError]:
    """What each of a batch ran first is live there again, and served. Why a host cannot be asked."""
    with batch.uninterrupted():
        errors = swap_back(batch)
    batch.each(_serve_again)
    return errors


def with_former_files(fleet: Fleet, failure: LiveButFailed, release: Release) -> LiveButFailed:
    """The failure of a rollback: where runtime files were renewed for it, what comes next is to put the former ones back."""
    if any(member.renewed and _failed(member) for member in fleet.members):
        line = fleet.hint("rollback", "--keep-runtime-files", "--to", release.name)
        failure.next = f"{line} # with the runtime files that it had before"
    return failure


def _live(member: Member) -> Release:
    return member.known.live.release if member.known.live else Release()


def _serve(member: Member, release: Release, *, end_strays: bool = False) -> None:
    """Post-release on one member, and its record in history. Raises what went wrong; the standing says how far it came."""
    outcome = _act(member, release, end_strays=end_strays)
    _judge(member, release, outcome, _record(member, release, outcome))


def _serve_and_look(member: Member, release: Release, *, alone: bool) -> Used | None:
    outcome, used = _act(member, release, then=pruning.looking(member)), None
    if outcome.status == "ok":
        used = pruning.look(member)
    then = None if used is None or not alone else pruning.following(member, used)
    _judge(member, release, outcome, _record(member, release, outcome, then))
    return used


def _act(member: Member, release: Release, then: Next | None = None, *, end_strays: bool = False) -> Outcome:
    """Post-release on one member, without its record."""
    if member.standing is Standing.AS_IT_WAS:
        member.made, member.standing = release, Standing.SWITCHED
    about = About(release, path=member.known.live_target)
    phase = phases.post_release(member.host.environment, end_strays=end_strays)
    member.services = member.send(phase, about, again=True, then=then)
    return member.services


def _judge(member: Member, release: Release, outcome: Outcome, written: Outcome) -> None:
    """What a post-release and its record have come to. Raises what went wrong."""
    phase = phases.post_release(member.host.environment)
    if "live_now" in written.facts:
        member.ask()
        raise NotReleased(f"another release went live during the post-release of {release.name}")
    if outcome.status != "ok":
        error = member.failure(outcome, phase)
        error.details = tuple(written.tail) or error.details
        raise error
    if written.status == "failed" and written.code == NotReleased.exit_code:
        member.host.warn(f"post-release went well, but that could not be recorded: {written.failure}")
    elif written.status != "ok":
        unrecorded = "whether that was recorded is unknown" if written.status == "unknown" else "that could not be recorded"
        why = written.failure or "the link was lost"
        raise NotReleased(f"{member.host.address}: post-release went well, but {unrecorded}: {why}")
    if member.standing is Standing.SWITCHED:
        member.standing = Standing.SERVED


def _failed(member: Member) -> bool:
    """Whether post-release, or the load balancer's health check, is known to have failed there, while this run has the lock."""
    outcome = member.services
    return member.out_of_service or (outcome is not None and outcome.status == "failed" and outcome.code != Busy.exit_code)


def _record(member: Member, release: Release, outcome: Outcome, then: Next | None = None) -> Outcome:
    """Write how post-release went into history, and print what it left for release_user to print."""
    environment, said = member.host.environment, outcome.facts.get("said", "")
    finish = cutover_phases.finish(phases.recorded(outcome.status, outcome.step), said)
    written = member.send(finish, About(Release(release.name)), again=True, then=then)
    if said:
        forgotten = member.send(phases.forget(environment, said))
        if forgotten.status != "ok":
            member.host.warn(f"what its services printed is still on the host, in {said}: {forgotten.failure}")
    return written


def _serve_again(member: Member) -> None:
    """Post-release of what is live again; nothing where nothing is, or where its services still run it."""
    if member.standing is not Standing.BACK:
        return
    if member.services is None:
        member.way_back = "and its services were not touched"
    else:
        member.way_back = "and its post-release went well"
        try:
            _serve(member, member.first)
        except ReleaseError as problem:
            member.way_back = f"but its own post-release failed: {problem.what}"
    bad = "" if member.made == member.first else f" {member.made.name} is marked bad."
    member.way_back = f"{member.way_back}.{bad} {undone(member.host.environment)}".rstrip(". ")
