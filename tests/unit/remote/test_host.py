"""The connections of a host can be closed whatever another thread does with them meanwhile."""

from typing import Any
from unittest.mock import Mock

import pytest

from tasks.remote.host import Host
from tests.unit.made import environment


@pytest.mark.parametrize("kind", ["_conversations", "_beside", "_connections"])
def test_what_is_opened_while_a_host_is_closed_is_closed_too(kind: str) -> None:
    host = Host(environment(), "web1", Mock(), lambda *_: None)
    opened: dict[str, Any] = getattr(host._logins, kind)
    late = Mock()
    opened["release"] = Mock(close=lambda: opened.update(service=late))
    host.close()
    late.close.assert_called_once_with()
    assert not opened
