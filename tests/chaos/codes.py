"""Which exit codes may follow a fault in a phase."""

from tests.chaos.cases import MOMENT, MORE, Case

BEFORE, AFTER = ("try", "lock", "build", "migrate"), ("post-release", "finish", "in-use", "prune")
GONE = {"try": {7}, "lock": {7}, "build": {7}, "migrate": {7}, "cutover": {8}, "post-release": {4}, "finish": {4}}
ASLEEP = {"lock": {0, 3}, "build": {3}, "migrate": {3}, "cutover": {3, 4}, "post-release": {0, 4}, "finish": {0, 4}}
ROLLBACK = {"try": {0, 3}, "lock": {0, 3}, "cutover": {0, 3, 4}, "post-release": {0, 4}, "finish": {0, 4}}
LAST = {0}
"""In the other phases: when all is as it should be, no later error changes that."""


def allowed(case: Case) -> set[int]:
    """The exit codes that fab may end with."""
    if case.fault in ("kill-workstation", "ctrl-c"):
        early = {0} if case.place == MOMENT else set()
        return early | ({-9} if case.fault == "kill-workstation" else {130})
    if case.place == MOMENT:
        return {0, 3, 4, 5, 6, 7, 8}
    return longer(case.fault, case.place.phase) if case.fault in MORE else usual(case.fault, case.place.phase)


def usual(fault: str, phase: str) -> set[int]:
    """After a fault that is over soon."""
    if phase in AFTER:
        return {0, 4, 5} | ({8} if fault in ("cut", "power") else set())
    if phase not in BEFORE:
        return {0, 3, 4, 5, 8}
    lost = {7} if fault in ("cut", "power") or phase in ("try", "lock") else set()
    return {0, 3} | lost | ({6} if phase == "lock" else set())


def longer(fault: str, phase: str) -> set[int]:
    """After one that lasts until fab has ended, or nearly so."""
    if fault == "startup":  # the link may be cut, and there may be no way back to the host
        return usual("cut", phase) | GONE.get(phase, LAST)
    return {"gone": GONE, "asleep": ASLEEP}.get(fault, ROLLBACK).get(phase, LAST)
