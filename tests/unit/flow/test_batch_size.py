"""How many hosts go live at a time."""

import pytest

from tasks.flow.fleet import batch_size


@pytest.mark.parametrize(
    ("batch", "hosts", "size"),
    [(None, 5, 5), ("1", 5, 1), ("2", 5, 2), ("25%", 5, 1), ("50%", 5, 2), ("100%", 5, 5), ("1%", 5, 1), ("9", 5, 9)],
)
def test_a_share_is_rounded_down_and_at_least_one(batch: str | None, hosts: int, size: int) -> None:
    assert batch_size(batch, hosts) == size
