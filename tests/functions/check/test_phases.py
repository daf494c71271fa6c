"""check, its phases whole, on a host that is set up: it changes nothing, and a host that could release has no FAIL."""

from tasks.phases.check import check, check_services
from tests.support.checked import lay_live, lines
from tests.support.host import LocalHost
from tests.support.snapshot import snapshot


def test_a_ready_host_fails_nothing_and_is_as_it_was(host: LocalHost) -> None:
    environment = host.use(apps={"web": {"bootstrap": ["bash -c true"]}}, writable=["var"], services=[{"run": "true"}])
    lay_live(host)
    before = snapshot(host.home)
    ran = host.run(check(environment))
    found = lines(ran)
    assert found.fail == ()
    assert {f"live: {host.live.readlink().name}", f"git: {host.origin.url} answers", "commands: bash"} <= set(found.ok)
    assert ran.facts == {"live_link": str(host.live), "releases": str(host.releases)}
    services = host.run(check_services(environment, ran.facts["live_link"], ran.facts["releases"]))
    assert (services.code, services.steps) == (0, ["services"])
    assert snapshot(host.home) == before


def test_a_host_that_nobody_has_set_up_is_no_error(bare_host: LocalHost) -> None:
    found = lines(bare_host.run(check(bare_host.environment)))
    assert [line for line in found.fail if line.endswith("-> fab -H prod setup")]
    assert not [line for line in found.bad if "could not be looked at" in line]
