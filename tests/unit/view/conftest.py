"""What the tests of the view share."""

import pytest

from tests.unit.view.scenes import Clock


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at zero until it is told."""
    return Clock()
