"""A bastion before many hosts is not asked for more logins at a time than sshd takes."""

import threading
from types import SimpleNamespace

import pytest
from fabric.config import Config
from pytest_mock import MockerFixture

from tasks.remote import connection
from tests.unit.made import environment

MANY = 3 * connection.AT_ONCE


class Opening:
    """A connection that counts how many are opened at a time; each waits a moment for as many as there can be."""

    def __init__(self, enough: int) -> None:
        self.now, self.most, self._enough = 0, 0, enough
        self._changed = threading.Condition()

    def open(self) -> None:
        with self._changed:
            self.now += 1
            self.most = max(self.most, self.now)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most > self._enough, timeout=0.1)
            self.now -= 1


@pytest.mark.parametrize("first_hops", [1, MANY])
def test_so_many_log_in_at_a_time_over_one_first_hop(mocker: MockerFixture, first_hops: int) -> None:
    opening = Opening(connection.AT_ONCE)
    mocker.patch.object(
        connection,
        "route",
        side_effect=lambda _, address, *__, **___: [SimpleNamespace(host=int(address) % first_hops, port=22)],
    )
    mocker.patch.object(connection, "VerifiedConnection", return_value=opening)

    def log_in(number: int) -> None:
        connection.connect(environment(), str(number), "ftsuser", Config())  # type: ignore[no-untyped-call]

    threads = [threading.Thread(target=log_in, args=(number,)) for number in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (opening.most <= connection.AT_ONCE) is (first_hops == 1)
