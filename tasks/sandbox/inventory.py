"""hosts.yml of the sandbox: the same keys as a real one, with paths and ports of this sandbox."""

from typing import Any

import yaml

from tasks.sandbox.host.layout import LIVE_LINK, RELEASE_USER, SERVICE_USER, Layout

HEADER = """\
# hosts.yml of the sandbox, written by `fab sandbox.start` and removed by `fab sandbox.stop`.
# Every key is explained in the hosts.yml of the project.

"""


def text(layout: Layout, ssh_port: int, web_url: str) -> str:
    """The file as it lies in a sandbox whose servers listen."""
    hosts = {"sandbox": environment_of(layout, ssh_port, web_url)}
    return HEADER + yaml.safe_dump({"hosts": hosts}, sort_keys=False, allow_unicode=True, width=120)


def environment_of(layout: Layout, ssh_port: int, web_url: str) -> dict[str, Any]:
    """The environment `sandbox`."""
    return {
        "address": "127.0.0.1",
        "port": ssh_port,
        "identity_file": str(layout.identity_file),
        "known_hosts_file": str(layout.known_hosts_file),
        "repository": str(layout.origin),
        "release_user": RELEASE_USER,
        "service_user": SERVICE_USER,
        "live_link": LIVE_LINK,
        "env": {"APP_ENV": "prod"},
        "runtime_files": [".env.local", "config/credentials/*.json"],
        "persistent_links": {"public/media": str(layout.media)},
        "apps": {
            "web": {"path": ".", "bootstrap": ["python3 bin/install.py", "python3 bin/encore.py"]},
            "api": {"path": "apps/api", "bootstrap": ["bash bin/build"]},
        },
        "publish": ["python3 bin/console.py cache:warmup"],
        "verify": ["python3 bin/console.py lint:container"],
        "services": [
            {"systemd": "site-web", "action": "reload"},
            {"systemd": "site-worker@*"},
            {"supervisor": "releases"},
        ],
        "health": [{"url": f"{web_url}/health", "contains": "ok", "within": 10}],
    }
