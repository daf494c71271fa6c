"""What goes from one pool to another: names with their hashes, bytes in pieces; and what a host does not take."""

import base64
import hashlib
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tasks.host.assets import exchange, pool
from tasks.host.failure import Failed
from tests.support.host import LocalHost
from tests.support.pool import BOTH, NEW, OLD, PATHS, Pooled
from tests.support.records import name
from tests.support.snapshot import snapshot

FILE = f"{PATHS[0]}/x.deadbeef.js"


@pytest.fixture
def pooled(host: LocalHost) -> Pooled:
    """Release 1 is live after 0, and both are in the pool."""
    pooled = Pooled(host)
    pooled.make(0, OLD, BOTH)
    pooled.make(1, NEW, BOTH)
    pooled.live(0)
    pooled.fill(1)
    pooled.live(1, before=0)
    return pooled


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def take(pooled: Pooled, *pieces: Any) -> None:
    exchange.take(pooled.run(1), PATHS, pieces)


def piece(data: bytes, path: str = FILE, start: int = 0, of: bytes = b"") -> list[Any]:
    whole = of or data
    return [path, digest(whole), len(whole), [name(1)], start, base64.b64encode(data).decode()]


def test_names_are_those_of_the_release_and_of_what_is_live(pooled: Pooled) -> None:
    pooled.make(2, "new.deadbeef.js")
    pooled.fill(2)
    (line,) = pooled.names(2)
    assert json.loads(line) == [
        [f"{PATHS[0]}/{file}", digest(file.encode()), len(file), [name(number) for number in numbers]]
        for file, numbers in ((NEW, [1]), ("new.deadbeef.js", [2]), (BOTH, [0, 1]))
    ]


def test_many_names_come_in_lines_of_a_few(pooled: Pooled) -> None:
    pooled.make(2, *(f"{number:08x}.js" for number in range(450)))
    pooled.fill(2)
    assert [len(json.loads(line)) for line in pooled.names(2)] == [200, 200, 52]


def test_the_bytes_come_in_pieces_that_make_up_the_file(pooled: Pooled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "PIECE", 16)
    pooled.path("empty.deadbeef.js").touch()
    exchange.give(run := pooled.run(), [f"{PATHS[0]}/{file}" for file in (NEW, "empty.deadbeef.js")])
    lines = [json.loads(event[1]) for event in run.events if event[0] == "text"]
    found = [(path.rpartition("/")[2], start, base64.b64decode(text)) for path, start, text in lines]
    text = NEW.encode()
    assert found == [*((NEW, at, text[at : at + 4]) for at in range(0, len(text), 4)), ("empty.deadbeef.js", 0, b"")]


@pytest.mark.parametrize("path", ["../../builds/source/history", "/etc/passwd", ".", "public/../../x"])
def test_nothing_outside_is_given(pooled: Pooled, path: str) -> None:
    exchange.give(run := pooled.run(), [path])
    assert run.events == []


def test_a_file_has_its_name_when_its_last_piece_has_come(pooled: Pooled) -> None:
    take(pooled, piece(b"one ", of=b"one two"))
    assert FILE.rpartition("/")[2] not in pooled.files
    take(pooled, piece(b"two", of=b"one two", start=4))
    made = pooled.root / FILE
    assert (made.read_bytes(), stat.S_IMODE(made.stat().st_mode), made.stat().st_nlink) == (b"one two", 0o644, 1)
    entry = json.loads((pooled.host.state_dir / "assets.json").read_text())["files"][FILE]
    assert (entry["sha256"], entry["releases"]) == (digest(b"one two"), [name(1)])


def test_what_has_come_twice_is_no_harm(pooled: Pooled) -> None:
    for _ in range(2):
        take(pooled, piece(b"one ", of=b"one two"), piece(b"two", of=b"one two", start=4))
    assert (pooled.root / FILE).read_bytes() == b"one two"


def test_a_name_that_is_there_is_not_replaced(pooled: Pooled) -> None:
    before = snapshot(pooled.root / PATHS[0])
    take(pooled, piece(b"other", path=f"{PATHS[0]}/{NEW}"))
    assert snapshot(pooled.root / PATHS[0]) == before
    entry = json.loads((pooled.host.state_dir / "assets.json").read_text())["files"][f"{PATHS[0]}/{NEW}"]
    assert entry["sha256"] == digest(NEW.encode())


def test_what_did_not_arrive_as_it_was_sent_gets_no_name(pooled: Pooled) -> None:
    with pytest.raises(Failed, match="has not arrived as it was sent"):
        take(pooled, [FILE, digest(b"other"), 3, [name(1)], 0, base64.b64encode(b"abc").decode()])
    assert FILE.rpartition("/")[2] not in pooled.files


@pytest.mark.parametrize(
    "path",
    ["../x.deadbeef.js", "/x.deadbeef.js", "other/x.deadbeef.js", f"{PATHS[0]}/x.js", f"{PATHS[0]}/../../x.deadbeef.js"],
)
def test_what_does_not_belong_there_is_refused(pooled: Pooled, path: str) -> None:
    before = snapshot(pooled.host.home)
    with pytest.raises(Failed, match="does not belong into the asset pool of prod"):
        take(pooled, piece(b"x", path=path))
    assert snapshot(pooled.host.home) == before


def test_it_is_written_through_no_link(pooled: Pooled, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (pooled.root / PATHS[0] / "out").symlink_to(tmp_path / "elsewhere")
    take(pooled, piece(b"x", path=f"{PATHS[0]}/out/x.deadbeef.js"))
    assert [*(tmp_path / "elsewhere").iterdir()] == []


def test_one_pool_gives_what_another_takes(pooled: Pooled, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = Pooled(LocalHost(tmp_path_factory.mktemp("other")))
    other.make(1, BOTH)
    other.live(1)
    other.fill(1)
    rows = [row for line in pooled.names(0) for row in json.loads(line)]
    exchange.give(run := pooled.run(), [path for path, *_ in rows])
    given = [json.loads(event[1]) for event in run.events if event[0] == "text"]
    about = {path: more for path, *more in rows}
    take(other, *([path, *about[path], start, text] for path, start, text in given))
    assert other.files == pooled.files
    record = json.loads((other.host.state_dir / "assets.json").read_text())["files"]
    assert pool.needed(record, [name(0), name(1)]).keys() == about.keys()
