"""`fab -H prod VERB`, in this process, against a host that stands in for the real one."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from fabric.main import make_program
from pytest_mock import MockerFixture

from tasks.flow.interrupts import Interrupts
from tests.unit.flow.fake_clock import FakeClock
from tests.unit.flow.fake_host import FakeHost
from tests.unit.flow.stand_in import StandIn
from tests.unit.made import REPOSITORY

PRIMARY = "web1"
ROOT = Path(__file__).parents[3]


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Fab = Callable[..., Ran]
Site = Callable[..., None]
Hosts = defaultdict[str, StandIn]
Fleet = Callable[..., list[StandIn]]


@pytest.fixture
def hosts() -> defaultdict[str, StandIn]:
    """The hosts that there are, by address."""
    return defaultdict(StandIn)


@pytest.fixture
def host(hosts: defaultdict[str, StandIn], mocker: MockerFixture) -> StandIn:
    """The first host of prod, and the clock of its runs, which only pauses move."""
    host = hosts[PRIMARY]

    def interrupts() -> Interrupts:
        host.interrupts = Interrupts()
        return host.interrupts

    def clock() -> FakeClock:
        host.clock = FakeClock()
        host.over.clear()
        return host.clock

    mocker.patch("tasks.flow.verb.Host", side_effect=lambda *values: FakeHost(hosts[values[1]], *values))
    mocker.patch("tasks.flow.verb.Clock", side_effect=clock)
    mocker.patch("tasks.flow.verb.Interrupts", side_effect=interrupts)
    return host


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """hosts.yml with one environment, prod, of these keys."""
    monkeypatch.setenv("HOSTS_FILE", str(tmp_path / "hosts.yml"))

    def site(**keys: Any) -> None:
        document = {"hosts": {"prod": {"address": PRIMARY, "repository": REPOSITORY, **keys}}}
        (tmp_path / "hosts.yml").write_text(yaml.safe_dump(document))

    return site


@pytest.fixture
def fab(host: StandIn, site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Fab:
    """Run fab as it is typed. Nothing that it does may end in a traceback."""
    site(services=[{"systemd": "nginx"}])
    assert host.sent == []
    monkeypatch.chdir(ROOT)

    def fab(*words: str, environment: str = "prod", before: tuple[str, ...] = ()) -> Ran:
        code = 0
        try:
            make_program().run(["fab", *before, "-H", environment, *words])  # type: ignore[no-untyped-call]
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Ran(code, out, err)

    return fab


@pytest.fixture
def fleet(hosts: Hosts, site: Site) -> Fleet:
    """An environment of these hosts, each of which has another release before the live one."""

    def fleet(names: tuple[str, ...], **keys: object) -> list[StandIn]:
        site(**{"address": list(names), "services": [{"systemd": "nginx"}], **keys})
        return [hosts[name] for name in names]

    return fleet
