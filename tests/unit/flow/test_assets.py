"""The asset pool in the verbs: filled before anything moves, a warning at most in a rollback, and alike on every host."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from fabric.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.flow import assets
from tasks.flow.fleet import Fleet
from tasks.flow.interrupts import Interrupts
from tasks.flow.lock import Options
from tasks.flow.member import Member
from tasks.phases.event import Event
from tasks.phases.step import Phase
from tasks.remote.outcome import Outcome
from tasks.remote.run import NOTHING, About, Release, Run
from tasks.view.screen import Screen
from tests.unit.flow.conftest import Fab
from tests.unit.flow.fake_clock import FakeClock
from tests.unit.flow.fake_host import FakeHost
from tests.unit.flow.stand_in import CUT, NEW, OLD, OLDER, StandIn, failed
from tests.unit.made import environment, run

KEYS: dict[str, Any] = {"asset_pool": ["public/build"], "services": [{"systemd": "nginx"}]}


@pytest.fixture
def pooled(site: Callable[..., None], fab: Fab) -> Fab:
    """`fab` for an environment with a pool."""
    site(**KEYS, migrate=["true"])
    return fab


def test_a_deploy_fills_it_before_the_migrations(pooled: Fab, host: StandIn) -> None:
    assert pooled("deploy", "--ref", "master").code == 0
    assert host.changed == ["build", "assets", "migrate", "cutover", "post-release", "finish", "prune"]
    assert host.about("assets").release.name == NEW


@pytest.mark.parametrize("verb", ["release", "deploy"])
def test_a_full_disk_is_3_and_what_is_live_stays(pooled: Fab, host: StandIn, verb: str) -> None:
    host.answers["assets"] = [failed("the asset pool cannot be filled: No space left on device")]
    ran = pooled(verb, "--ref", "master")
    assert (ran.code, host.live, host.changed) == (3, OLD, ["build", "assets"])
    assert f"{NEW} stays built." in ran.err


def test_a_release_by_name_fills_it(pooled: Fab, host: StandIn) -> None:
    assert pooled("release", "--name", OLDER).code == 0
    assert host.about("assets").release.name == OLDER


def test_a_lost_link_is_connected_again_and_it_is_filled_again(pooled: Fab, host: StandIn) -> None:
    host.answers["assets"] = [CUT]
    assert pooled("release", "--ref", "master").code == 0
    assert (host.live, host.sent.count("assets")) == (NEW, 2)


@pytest.mark.parametrize("answer", [failed("No space left on device"), Outcome(code=0)])
def test_a_rollback_goes_on_whatever_became_of_it(pooled: Fab, host: StandIn, answer: Outcome) -> None:
    host.answers["assets"] = [answer]
    ran = pooled("rollback")
    assert (ran.code, host.live) == (0, OLDER)
    assert host.changed[:2] == ["assets", "cutover"]
    assert ("the asset pool is not complete: No space left" in ran.err) == bool(answer.code)


def test_without_it_nothing_is_sent(fab: Fab, host: StandIn) -> None:
    assert fab("deploy", "--ref", "master").code == 0
    assert fab("rollback").code == 0
    assert "assets" not in host.sent


def test_plan_shows_when_it_is_filled(pooled: Fab) -> None:
    steps = pooled("plan", "--ref", "master", "--steps").out
    assert 0 < steps.index("asset pool") < steps.index("migrate") < steps.rindex("asset pool")


def test_one_file_is_taken_out_and_nothing_else_is_pruned(pooled: Fab, host: StandIn) -> None:
    host.answers["asset"] = [Outcome(code=0, facts={"removed": "public/build/a.js"})]
    assert pooled("prune", "--asset", "public/build/a.js").code == 0
    assert host.changed == ["asset"]
    assert host.phases[-1].steps[0].arguments == ("public/build/a.js", ("public/build",))


def test_one_that_is_not_there_is_3(pooled: Fab) -> None:
    ran = pooled("prune", "--asset", "public/build/a.js")
    assert ran.code == 3
    assert "public/build/a.js is not in the asset pool" in ran.err


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../b", "a//b", "./a"])
def test_a_path_that_leads_outside_is_2_and_nothing_is_sent(pooled: Fab, host: StandIn, path: str) -> None:
    ran = pooled("prune", "--asset", path)
    assert (ran.code, host.sent, host.logins) == (2, [], [])


# -- several hosts


class PoolHost(StandIn):
    """A host that is nothing but its pool: paths, and the bytes of each."""

    def __init__(self, pool: dict[str, bytes]) -> None:
        super().__init__()
        self.pool, self.staged = dict(pool), dict[str, bytes]()

    def run(self, phase: Phase, run: Run, about: About = NOTHING) -> Outcome:  # noqa: ARG002
        self.sent.append(phase.steps[0].name)
        name, arguments = phase.steps[0].function.rpartition(":")[2], phase.steps[0].arguments
        return Outcome(**{"code": 0, **getattr(self, "_" + name)(*arguments)})

    def _fill(self, _: Any) -> dict[str, Any]:
        text = json.dumps([[path, hashed(data)] for path, data in sorted(self.pool.items())])
        return {"facts": {"assets": hashed(text.encode())}}

    _ensure = _fill

    def _names(self, _: Any) -> dict[str, Any]:
        return {"texts": [json.dumps([[path, hashed(data), len(data), [NEW]]]) for path, data in self.pool.items()]}

    def _give(self, wanted: list[str]) -> dict[str, Any]:
        starts = ((path, at) for path in wanted for at in range(0, max(len(self.pool[path]), 1), 3))
        text = [[path, at, base64.b64encode(self.pool[path][at : at + 3]).decode()] for path, at in starts]
        return {"texts": [json.dumps(each) for each in text]}

    def _take(self, _: Any, pieces: list[Any]) -> dict[str, Any]:
        for path, digest, size, releases, start, text in pieces:
            self.staged[path] = self.staged.get(path, b"")[:start] + base64.b64decode(text)
            if len(self.staged[path]) == size:
                assert releases == [NEW]
                assert hashed(self.staged[path]) == digest
                assert path not in self.pool
                self.pool[path] = self.staged.pop(path)
        return {}


def hashed(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Quiet(Screen):
    """It shows nothing."""

    def show(self, *_: object) -> None:
        """Nothing."""


def fleet_of(*hosts: PoolHost) -> tuple[Fleet, list[str]]:
    """A fleet of these hosts, and what it warns of."""
    prod, warned, options = environment(address=[f"web{at}" for at, _ in enumerate(hosts)], **KEYS), list[str](), Options()

    def heard(address: str, event: Event) -> None:
        if event.kind == "warn":
            warned.append(f"{address}: {event.word(0)}")

    config = Config()  # type: ignore[no-untyped-call]
    members = [
        Member(FakeHost(there, prod, f"web{at}", config, heard), run(), options, FakeClock()) for at, there in enumerate(hosts)
    ]
    return Fleet(prod, members, Quiet(), Interrupts(), FakeClock()), warned


POOLS = st.lists(st.dictionaries(st.sampled_from("abcde"), st.binary(max_size=8), max_size=5), min_size=1, max_size=5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pools=POOLS)
def test_every_host_then_has_what_one_had_and_no_name_is_replaced(
    pools: list[dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "AT_ONCE", 10)
    monkeypatch.setattr(assets, "IN_ONE_REQUEST", 12)
    hosts = [PoolHost(pool) for pool in pools]
    fleet, warned = fleet_of(*hosts)
    assets.pool(fleet, Release(NEW))
    first = {path: data for pool in reversed(pools) for path, data in pool.items()}
    assert [host.pool for host in hosts] == [{**first, **pool} for pool in pools]
    differ = {at for at, pool in enumerate(pools) if any(first[path] != data for path, data in pool.items())}
    assert {int(line[3 : line.index(":")]) for line in warned} == differ
    if len({json.dumps(sorted((path, hashed(data)) for path, data in pool.items())) for pool in pools}) == 1:
        assert [host.sent for host in hosts] == [["asset pool"]] * len(hosts)


def test_a_difference_is_named_with_both_hosts() -> None:
    fleet, warned = fleet_of(PoolHost({"a.js": b"1", "b.js": b"1"}), PoolHost({"a.js": b"2", "b.js": b"2"}))
    assets.pool(fleet, Release(NEW))
    assert warned == ["web1: asset pool: a.js is another file here than on web0, and stays (2 files in all)"]


def test_a_file_that_is_too_large_is_named_and_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "LARGEST", 3)
    hosts = PoolHost({"large.js": b"1234", "small.js": b"123"}), PoolHost({})
    fleet, warned = fleet_of(*hosts)
    assets.pool(fleet, Release(NEW))
    assert [*hosts[1].pool] == ["small.js"]
    assert warned == ["web0: asset pool: large.js is too large to be sent to the other hosts"]


def test_in_a_rollback_what_fails_between_hosts_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = PoolHost({"a.js": b"1"}), PoolHost({})
    monkeypatch.setattr(hosts[1], "_take", lambda *_: {"code": 3, "failure": "No space left on device"})
    fleet, warned = fleet_of(*hosts)
    assets.ensure(fleet, Release())
    assert ["may differ" in line for line in warned] == [True]
