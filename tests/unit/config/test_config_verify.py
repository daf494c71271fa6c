"""verify takes commands and requests: a mistake in either is reported at its place."""

from collections.abc import Callable

import pytest

from tasks.errors import UsageError

Refused = Callable[[str], UsageError]


@pytest.mark.parametrize(
    ("verify", "line"),
    [
        (
            "[echo a: b]",
            "verify[0]: expected text, found a mapping (text with a colon and a space in it: put quotes around it)",
        ),
        ("[{url: /health}]", "verify[0].php: is required"),
        (
            "[{php: /index.php}]",
            "verify[0].php: expected a path inside the release (no leading / or ~, no ..), found '/index.php'",
        ),
        ("[echo, {php: index.php, url: health}]", "verify[1].url: expected a path such as /health"),
        ("[{php: index.php, statuz: 204}]", "verify[0].statuz: is not a known key, did you mean status?"),
    ],
)
def test_a_mistake_in_verify_is_told_with_its_place(refused: Refused, verify: str, line: str) -> None:
    hosts = f"defaults: {{repository: 'git@h:p'}}\nhosts:\n  prod:\n    verify: {verify}\n"
    assert refused(hosts).details == (f"hosts.prod.{line}",)
