"""The verdict: exit code and words from how every member stands, whatever went wrong and wherever it came up."""

from itertools import product

import pytest

from tasks.errors import Busy, NotReleased, OutcomeUnknown, PutBack, ReleaseError, Unreachable, typed
from tasks.flow.standing import Stand, Standing, failure, interruption, table, verdict, words
from tasks.phases.cutover import cutover
from tasks.phases.step import Phase
from tasks.remote.outcome import Outcome

AS_IT_WAS, SWITCHED, SERVED, BACK, UNKNOWN = Standing
WRONG = NotReleased("nginx failed", details=["a line"], next="mend it")


def stand(standing: Standing, address: str = "web1", cause: ReleaseError | None = None, **more: str | bool) -> Stand:
    live = "old" if standing in (AS_IT_WAS, BACK) else "new"
    values = {
        "asked": True,
        "live": live,
        "first": "old",
        "made": "" if standing is AS_IT_WAS else "new",
        "target": "new",
        **more,
    }
    return Stand(address, standing, cause=cause, **values)  # type: ignore[arg-type]


def hint(*words: str) -> str:
    return typed("fab", "-H", "prod", *words)


def judged(*stands: Stand, because: ReleaseError | None = None) -> ReleaseError:
    return verdict(stands, [cause for cause in (because, *(stand.cause for stand in stands)) if cause], hint)


def code(*standings: Standing, cause: ReleaseError | None = WRONG) -> int:
    return judged(*(stand(standing, f"web{number}", cause) for number, standing in enumerate(standings))).code


@pytest.mark.parametrize("cause", [NotReleased("a"), Busy("b"), Unreachable("c")])
@pytest.mark.parametrize(
    ("standing", "expected"),
    [(AS_IT_WAS, None), (SWITCHED, 4), (SERVED, 4), (BACK, 5), (UNKNOWN, 8)],
    ids=lambda value: str(value),
)
def test_the_code_is_the_causes_own_only_where_nothing_moved(
    standing: Standing, expected: int | None, cause: ReleaseError
) -> None:
    assert code(standing, cause=cause) == (expected or cause.code)


@pytest.mark.parametrize("standings", [each for each in product(Standing, repeat=3) if len(set(each)) > 1])
def test_of_several_the_worst_decides(standings: tuple[Standing, ...]) -> None:
    expected = 8 if UNKNOWN in standings else 4 if {SWITCHED, SERVED} & set(standings) else 5
    assert code(*standings) == expected
    assert code(*standings, cause=None) == expected


def test_what_nobody_has_reported_was_not_changed() -> None:
    assert words(Stand("web1")) == "Nothing was changed."


@pytest.mark.parametrize(
    ("which", "said"),
    [
        (stand(AS_IT_WAS), "Live: old, unchanged."),
        (stand(AS_IT_WAS, live="", first=""), "Live: nothing yet, unchanged."),
        (stand(AS_IT_WAS, live="other"), "Live: other; it was old when this run began."),
        (stand(SWITCHED, pending=True), "Live: new, since this run. Post-release is pending."),
        (stand(SWITCHED, first="new"), "Live: new, unchanged. Post-release is not done."),
        (stand(SWITCHED, live="other", pending=True), "Live: other. Somebody else released since, and that stays."),
        (stand(SWITCHED, live=""), "Live: no release of ours. Somebody else released since, and that stays."),
        (stand(SWITCHED, pending=True, way_back="No way."), "Live: new, since this run. Post-release is pending. No way."),
        (stand(SERVED), "Live: new, since this run."),
        (stand(BACK, way_back="and well"), "old is live again, and well."),
        (stand(BACK, pending=True), "old is live again, and its services are not touched. Post-release is pending."),
        (stand(UNKNOWN, live="old"), "Live is old or new: the host cannot be asked."),
        (stand(UNKNOWN, live="", target=""), "Live is nothing or the release before it: the host cannot be asked."),
    ],
)
def test_a_member_stands_in_these_words(which: Stand, said: str) -> None:
    assert words(which) == said


def test_a_single_member_needs_no_address_and_those_that_stand_alike_share_a_line() -> None:
    alike = [stand(SERVED, address) for address in ("web1", "web2")]
    assert table(alike[:1]) == "Live: new, since this run."
    assert table([*alike, stand(BACK, "web3", way_back="and well")]) == (
        "web1, web2: Live: new, since this run.\nweb3: old is live again, and well."
    )


def test_nobodys_cause_hides_anothers() -> None:
    error = judged(stand(SWITCHED, "web1", WRONG), stand(SWITCHED, "web2", Busy("ada has it")))
    assert error.what == "nginx failed; ada has it"
    assert (error.details, error.next) == (("a line",), "fab -H prod post-release")


def test_a_release_that_somebody_else_made_live_is_not_served_by_our_post_release() -> None:
    error = judged(stand(SWITCHED, cause=WRONG, live="other"))
    assert error.next == "fab -H prod status"


def test_what_led_to_the_way_back_is_told_first() -> None:
    because = NotReleased("nginx failed", details=["a line"])
    back = judged(stand(BACK), because=because)
    assert isinstance(back, PutBack)
    assert (back.what, back.details) == ("nginx failed", ("a line",))
    assert back.next.startswith("fab -H prod deploy --name new # ")
    unknown = judged(stand(UNKNOWN, cause=OutcomeUnknown("its answer was lost", details=["no answer"])), because=because)
    assert isinstance(unknown, OutcomeUnknown)
    assert (unknown.what, unknown.details) == ("nginx failed; its answer was lost", ("a line", "no answer"))


@pytest.mark.parametrize(("phase", "next"), [(Phase("build", kind="job"), "logs"), (Phase("cutover"), "status")])
def test_what_a_job_says_is_in_its_log_and_of_another_phase_status_knows_more(phase: Phase, next: str) -> None:
    assert failure(Outcome(code=3, failure="it broke"), phase, stand(AS_IT_WAS), hint).next == hint(next)
    assert failure(Outcome(code=3, failure="it broke", next="mend it"), phase, stand(AS_IT_WAS), hint).next == "mend it"


GOING_BACK = "fab -H prod rollback --to old # goes on with putting back; fab -H prod deploy --name new tries it once more"
GOING_ON = "fab -H prod deploy --name new # goes on; fab -H prod rollback --to old goes back"
MOVES = cutover()


@pytest.mark.parametrize(
    ("stands", "next"),
    [
        ((stand(BACK), stand(SERVED), stand(SERVED)), GOING_BACK),
        ((stand(SERVED), stand(BACK), stand(SERVED)), GOING_BACK),
        ((stand(SERVED)._replace(running=MOVES), stand(SERVED), stand(SERVED)), GOING_BACK),
        ((stand(SERVED), stand(SERVED)._replace(running=MOVES), stand(BACK)), GOING_BACK),
        ((stand(SERVED), stand(AS_IT_WAS)), GOING_ON),
        ((stand(AS_IT_WAS), stand(SERVED)), GOING_ON),
        ((stand(AS_IT_WAS)._replace(running=MOVES), stand(SERVED)), GOING_ON),
        ((stand(SWITCHED, pending=True), stand(SERVED)), "fab -H prod post-release"),
        ((stand(SERVED), stand(SERVED)), "fab -H prod status"),
        ((stand(BACK), stand(BACK)), "fab -H prod status"),
    ],
)
def test_after_two_ctrl_c_the_line_to_type_is_right_on_whatever_a_cutover_came_to(stands: tuple[Stand, ...], next: str) -> None:
    """Nobody has heard whether the host that renames has done so: what depends on it could go back one release too far."""
    assert interruption(stands, [], hint).next == next
