"""Room for a release is looked for before anything is built, and what was removed makes room first."""

import pytest

from tests.support.host import LocalHost
from tests.support.ledger import LocalLedger, name
from tests.support.trash import deleted

FREE = '[[ $1 != -f ]] || {{ {script}; exit; }}\nexec "$REAL" "$@"'
PLENTY, LITTLE = 'echo "1000000000 1000 1000000 1000000"', 'echo "1 1000 1000000 1000000"'


def free(host: LocalHost, script: str) -> None:
    """What the filesystem says: blocks, their size, inodes, free inodes."""
    host.shim("stat", FREE.format(script=script))


def test_a_release_says_what_it_takes(host: LocalHost) -> None:
    host.use(apps={"web": {"bootstrap": ["head -c 3000000 /dev/urandom >large; touch a b c"]}})
    size = host.seal(host.release())["size"]
    assert 3_000_000 <= size["bytes"] < 3_500_000
    assert 5 < size["inodes"] < 100


def test_too_little_room_fails_before_anything_is_fetched_and_leaves_nothing(host: LocalHost) -> None:
    live = host.release()
    free(host, LITTLE)
    done = host.build()
    assert (done.code, done.steps) == (3, ["begin", "pre-flight"])
    assert f"are free in {host.releases}, and a release needs about" in done.failure
    assert "fab -H prod prune" in done.texts("fail")
    host.assert_live(live)
    host.assert_clean()


def test_too_few_inodes_fail_as_well(host: LocalHost) -> None:
    host.release()
    free(host, 'echo "1000000000 1000 1000000 5"')
    assert "and 5 inodes are free" in host.build().failure


def test_without_anything_known_of_its_size_a_first_release_is_tried(host: LocalHost) -> None:
    free(host, 'echo "60000 1000 1000000 2000"')
    assert host.build().code == 0


def test_what_was_removed_before_is_deleted_first_where_room_is_short(host: LocalHost) -> None:
    host.release()
    (host.state_dir / "trash" / "source-20200101T000000Z.12345678" / "vendor").mkdir(parents=True)
    free(host, f"if [[ -e $(echo {host.state_dir}/trash/*Z.12345678) ]]; then {LITTLE}; else {PLENTY}; fi")
    assert host.build().code == 0
    assert deleted(host.state_dir) == []


@pytest.mark.parametrize("size", [None, {"bytes": 1000, "inodes": 10}])
def test_the_newest_build_says_what_is_needed(host: LocalHost, size: dict[str, int] | None) -> None:
    ledger = LocalLedger(host)
    for number, about in ((1, {"commit": "a" * 40, "size": size}), (2, {"commit": None, "size": {"bytes": 9, "inodes": 9}})):
        ledger.make(name(number), **about)
        ledger.write({"event": "sealed", "name": name(number)})
    (host.releases / name(1) / "large").write_bytes(b"x" * 500_000)
    said = [int(word) for word in ledger.say("size").stdout.split()]
    assert said == [1000, 10] if size else said[0] > 500_000
