"""One thing done on several members at the same time: who answers first changes nothing of what is printed."""

from threading import Event
from typing import Any, cast

from tasks.flow.barrier import Barrier
from tasks.flow.clock import Clock
from tasks.flow.interrupts import Interrupts
from tasks.flow.member import Member


def test_values_are_in_the_order_of_the_members_whoever_answers_first() -> None:
    members = [cast("Member", name) for name in ("web1", "web2")]
    answered = Event()

    def act(member: Any) -> str:
        if member == "web2":
            answered.set()
            return "first"
        assert answered.wait(60)
        return "second"

    values = Barrier(Interrupts(), Clock(), print).each(act, members).values
    assert (list(values), list(values.values())) == (members, ["second", "first"])
