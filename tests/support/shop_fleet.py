"""The shop on several booted hosts, which are one environment behind one load balancer."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.booted import Booted, Lab
from tests.support.load.clients import TAB
from tests.support.load.judged import Judged
from tests.support.load.running import Load, load_on
from tests.support.shop import HOME, Shop, install

HOSTS = ("web1", "web2", "web3")
MIX = {"fast": 3, "slow": 3, "page": 1, TAB: 2}
ASKED = "/var/log/nginx/asked"
BALANCER = """\
log_format asked '$upstream_addr $status';
upstream shop {{
{servers}
}}
server {{
    listen 80 default_server;
    access_log {log} asked;
    location / {{
        proxy_pass http://shop;
        proxy_set_header Host www.example.com;
        proxy_next_upstream off;
        proxy_connect_timeout 1s;
        proxy_read_timeout 15s;
    }}
}}
"""


class ShopFleet(Shop):
    """Its origin is on the first host; `balancer` sends each request to the next host, well or not, and to no second one."""

    def __init__(self, hosts: Sequence[Booted], balancer: Booted, folder: Path) -> None:
        self.hosts, self.balancer, self.own = tuple(hosts), balancer, dict[str, dict[str, Any]]()
        super().__init__(hosts[0], folder)
        for host in hosts[1:]:
            install(host)
        for host in hosts:
            self._fetches_from_the_first(host)
        servers = "\n".join(f"    server {host.address}:80 max_fails=0;" for host in hosts)
        balancer.write("/etc/nginx/sites-enabled/default", BALANCER.format(servers=servers, log=ASKED), "root")
        balancer.sh("systemctl restart nginx")

    def write(self, **hosts: Mapping[str, Any]) -> None:
        """As Shop.write; prod has all hosts, each with keys of its `own`, by its name."""
        addresses = [
            {
                "host": host.address,
                "identity_file": str(host.identity_file),
                "host_key": " ".join(host.known_hosts_file.read_text().split()[1:3]),
                **self.own.get(host.name, {}),
            }
            for host in self.hosts
        ]
        several = {"address": addresses, "repository": f"git@{self.host.address}:shop.git", **hosts.get("prod", {})}
        super().write(**{**hosts, "prod": several})

    def set_up(self, on: str = "prod") -> "ShopFleet":
        """As Shop.set_up, on every host."""
        self.fab("setup", on=on)
        for host in self.hosts:
            self.on(host).runtime_files(f"{HOME}/runtime/source", on)
        return self

    def on(self, host: Booted) -> Shop:
        """The shop as it is on one of them."""
        one = object.__new__(Shop)
        one.host, one.clone, one.workstation = host, self.clone, self.workstation
        return one

    @property
    def lives(self) -> list[str]:
        """What is live on each host."""
        return [self.on(host).live() for host in self.hosts]

    @property
    def runs(self) -> list[str]:
        """The release that each host's pages name."""
        return [self.on(host).word("release") for host in self.hosts]

    def visited(self, *words: str, code: int = 0) -> Judged:
        """Type `fab -H prod WORDS` while clients ask the load balancer: what they have met."""
        before = self.live()
        with self.visitors() as load:
            self.fab(*words, code=code)
            load.told()
        return load.judged(before, self.live())

    @contextmanager
    def visitors(self) -> Iterator[Load]:
        """Clients ask the load balancer, as long as this is entered."""
        self.balancer.sh(f": >{ASKED}")
        with load_on(self.balancer.address, 80, MIX, self.balancer.lab.inside) as load:
            yield load

    @property
    def losers(self) -> set[str]:
        """The addresses of the hosts that have lost requests since visitors came last."""
        lines = self.balancer.sh(f"cat {ASKED}").splitlines()
        return {address.partition(":")[0] for address, status in map(str.split, lines) if status != "200"}

    def ended(self, *words: str) -> int:
        """The exit code of `fab -H prod WORDS`, whatever it is."""
        running = self.start(*words)
        running.communicate()
        assert running.returncode is not None
        return running.returncode

    def _fetches_from_the_first(self, host: Booted) -> None:
        """The key of its release user may fetch from there, and it knows the key of that host."""
        public = host.sh("cat ~ftsuser/.ssh/id_ed25519.pub") + "\n"
        self.host.sh("cat >>/home/git/.ssh/authorized_keys", stdin=public)
        host.sh("cat >>~ftsuser/.ssh/known_hosts", stdin=self.host.known_hosts_file.read_text())


@contextmanager
def shop_fleet(lab: Lab, folder: Path, **keys: Any) -> Iterator[ShopFleet]:
    """Three hosts and their load balancer, as long as this is entered; set up with these keys, with a release to go back to."""
    booted = list[Booted]()
    try:
        for name in (*HOSTS, "balancer"):
            booted.append(lab.boot(name))
        fleet = ShopFleet(booted[:-1], booted[-1], folder)
        fleet.write(prod=keys)
        fleet.set_up()
        fleet.deploy()
        yield fleet
    finally:
        for host in booted:
            host.stop()
