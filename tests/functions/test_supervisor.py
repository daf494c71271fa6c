"""The words of supervisorctl."""

import pytest

from tasks.host.services.supervisor import only_ended

STOPPED, STARTED = "both:stays: stopped\n", "both:stays: started\n"
ENDED = "both:once: ERROR (abnormal termination)\n"


@pytest.mark.parametrize(
    ("printed", "well"),
    [
        (STOPPED + ENDED + STARTED, True),
        (STOPPED + STARTED, False),
        ("", False),
        ("both:stays: ERROR (abnormal termination)\n", False),
        (ENDED + "both:stays: ERROR (abnormal termination)\n", False),
        ("both:once: ERROR (spawn error)\n", False),
        ("both:once: ERROR (no such file)\n", False),
        (ENDED + "error: <class 'OSError'>\nboth:stays: ERROR (spawn error)\n", False),
    ],
)
def test_a_program_that_may_end_and_did_so_at_once_has_not_failed(printed: str, well: bool) -> None:
    """Supervisor calls it an abnormal termination when it looks a moment too late."""
    assert only_ended(printed, {"both:once"}) is well
