"""A history that nobody ever tidied is read all the same."""

import json

from tests.support.host import LocalHost
from tests.support.records import LocalRecords, name


def test_a_history_of_a_hundred_megabytes_is_read(bare_host: LocalHost) -> None:
    records = LocalRecords(bare_host)
    records.make(name(1))
    records.write({"event": "sealed", "name": name(1)}, {"event": "done", "verb": "deploy", "name": name(1), "from": ""})
    records.link(name(1))
    line = json.dumps({"v": 1, "event": "unhold", "by": "x" * 10_000}).encode() + b"\n"
    with (bare_host.state_dir / "history").open("ab") as file:
        for _ in range(10_000):
            file.write(line)
    assert records.state()["live"]["name"] == name(1)
