"""The asset pool of every host has what pages of the next release, and of the live ones, ask for, whichever host they ask."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from tasks.errors import NotReleased, ReleaseError, UsageError, typed
from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.flow.selection import NOTHING_SENT
from tasks.phases import assets as phases
from tasks.phases.step import Phase
from tasks.remote.outcome import Outcome
from tasks.remote.run import About, Release

LARGEST = 1 << 26
"""Bytes of a file that is sent from one host to another."""

AT_ONCE = 1 << 22
"""Bytes of files, before Base64, that the workstation asks of a host at once; a larger file comes alone."""

IN_ONE_REQUEST = 1 << 20
"""Characters of Base64 in one request; a piece is smaller."""

Files = Mapping[str, tuple[str, int, list[str]]]
"""Files of a pool: SHA-256, size, and the releases that have it."""

Piece = tuple[str, int, str]
"""A path, where the piece begins, and its bytes in Base64."""


def pool(fleet: Fleet, release: Release) -> None:
    """Put what this release and the live ones have into the pool of every host. Raises NotReleased; no live link has moved."""
    if fleet.environment.asset_pool:
        filled = fleet.require(lambda member: _fill(member, release))
        _exchange(fleet, release, filled)


def ensure(fleet: Fleet, release: Release) -> None:
    """The same for a rollback: what goes wrong is a warning."""
    if fleet.environment.asset_pool:
        filled = fleet.each(lambda member: _ensure(member, release)).values
        try:
            _exchange(fleet, release, {member: digest for member, digest in filled.items() if digest})
        except ReleaseError as problem:
            fleet.primary.host.warn(f"the asset pools of the hosts may differ: {problem.what}")


def check_path(path: str, hint: Callable[..., str]) -> None:
    """Raises UsageError where this is no path below a pool."""
    if {"", ".", ".."} & set(path.split("/")):
        raise UsageError(
            f"--asset takes the path of a file below the pool, such as public/build/app.3f2a1b9c.js, and not {path!r}",
            state=NOTHING_SENT,
            next=hint("prune", "--asset", "public/build/NAME"),
        )


def take_out(fleet: Fleet, path: str) -> None:
    """Remove one file from every pool that has it. Raises NotReleased where none has."""
    done = fleet.require(lambda member: member.require(phases.take_out(fleet.environment, path)))
    if not any("removed" in outcome.facts for outcome in done.values()):
        raise NotReleased(
            f"{path} is not in the asset pool", next=f"ls -R ~/{typed('assets/' + fleet.environment.live_link)} # on the host"
        )


def _fill(member: Member, release: Release) -> str:
    """Fill the pool of a host; a digest of what pages may ask for there."""
    phase = phases.fill(member.host.environment)
    outcome = member.send(phase, About(release), again=True)
    if outcome.status != "ok":
        error = member.failure(outcome, phase)
        error.besides = f"{release.name} stays built."
        raise error
    return outcome.facts.get("assets", "")


def _ensure(member: Member, release: Release) -> str:
    """The same; "" where the pool is not complete."""
    outcome = member.send(phases.fill(member.host.environment, warns=True), About(release), again=True)
    if outcome.status != "ok":
        member.host.warn(f"the asset pool is not complete: {outcome.failure or 'the link was lost'}")
    return outcome.facts.get("assets", "")


# -- what one pool has and another lacks


def _exchange(fleet: Fleet, release: Release, filled: Mapping[Member, str]) -> None:
    """Send what a pool lacks of another's. Names that have another content stay as they are, with a warning."""
    if len(set(filled.values())) < 2:
        return
    asked = fleet.require(lambda member: _names(member, release), of=tuple(filled))
    found = {member: asked[member] for member in fleet.members if member in asked}  # in their order, not in that of the answers
    first = {path: member for member in reversed(found) for path in found[member]}
    _warn_of_differences(found, first)
    for giver in found:
        own = {path: about for path, about in found[giver].items() if first[path] is giver}
        lacking = {member: own.keys() - files.keys() for member, files in found.items() if own.keys() - files.keys()}
        _send(fleet, release, giver, {path: own[path] for path in sorted(set().union(*lacking.values()))}, lacking)


def _warn_of_differences(found: Mapping[Member, Files], first: Mapping[str, Member]) -> None:
    """Name a file of each member that is another one where it was found first."""
    for member, files in found.items():
        others = sorted(path for path in files if files[path][0] != found[first[path]][path][0])
        if others:
            what = f"{others[0]} is another file here than on {first[others[0]].host.address}, and stays"
            member.host.warn(f"asset pool: {what}" + (f" ({len(others)} files in all)" if len(others) > 1 else ""))


def _send(fleet: Fleet, release: Release, giver: Member, files: Files, lacking: Mapping[Member, set[str]]) -> None:
    """Give each member what it lacks of one, a few files at a time."""
    for path in (path for path, (_, size, _) in files.items() if size > LARGEST):
        giver.host.warn(f"asset pool: {path} is too large to be sent to the other hosts")
    for batch in _batches({path: about for path, about in files.items() if about[1] <= LARGEST}):
        pieces = fleet.require(partial(_given, wanted=batch), of=(giver,))[giver]
        fleet.require(partial(_take, release=release, files=files, pieces=pieces, lacking=lacking), of=tuple(lacking))


def _batches(files: Files) -> Iterator[list[str]]:
    batch, size = list[str](), 0
    for path, (_, bytes_, _) in files.items():
        if batch and size + bytes_ > AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(path)
        size += bytes_
    if batch:
        yield batch


def _names(member: Member, release: Release) -> Files:
    found: dict[str, tuple[str, int, list[str]]] = {}
    for row in _lines(member, phases.names(member.host.environment), About(release)):
        found.update((path, (digest, size, releases)) for path, digest, size, releases in row)
    return found


def _given(member: Member, wanted: Sequence[str]) -> list[Piece]:
    """In order, each once, however often the link was lost."""
    lines = _lines(member, phases.give(wanted), About())
    return sorted({(path, start): (path, start, text) for path, start, text in lines}.values())


def _take(member: Member, release: Release, files: Files, pieces: Sequence[Piece], lacking: Mapping[Member, set[str]]) -> None:
    request, size = list[tuple[str, str, int, list[str], int, str]](), 0
    for path, start, text in (piece for piece in pieces if piece[0] in lacking[member]):
        if size + len(text) > IN_ONE_REQUEST:
            _require(member, phases.take(member.host.environment, request), About(release))
            request, size = [], 0
        request.append((path, *files[path], start, text))
        size += len(text)
    if request:
        _require(member, phases.take(member.host.environment, request), About(release))


def _lines(member: Member, phase: Phase, about: About) -> list[Any]:
    lines = list[str]()
    outcome = _require(member, phase, about, lines.append)
    return [json.loads(line) for line in (*lines, *outcome.texts)]


def _require(member: Member, phase: Phase, about: About, texts: Callable[[str], None] | None = None) -> Outcome:
    return member.require(phase, about, again=True, texts=texts)
