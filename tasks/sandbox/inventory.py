"""hosts.yml of the sandbox: the same keys as a real one, with paths and ports of this sandbox."""

from pathlib import Path
from typing import Any

import yaml

from tasks.sandbox.host.layout import LIVE_LINK, RELEASE_USER, SERVICE_USER

HEADER = """\
# hosts.yml of the sandbox, written by `fab sandbox.start` and removed by `fab sandbox.stop`.
# Every key is explained in the hosts.yml of the project.

"""


def write(file: Path, *, ssh_port: int, web_url: str) -> None:
    """Write hosts.yml for a sandbox whose servers listen."""
    environment = environment_of(file.parent, ssh_port=ssh_port, web_url=web_url)
    text = yaml.safe_dump({"hosts": {"sandbox": environment}}, sort_keys=False, allow_unicode=True, width=120)
    file.write_text(HEADER + text, encoding="utf-8")


def environment_of(folder: Path, *, ssh_port: int, web_url: str) -> dict[str, Any]:
    """The environment `sandbox`."""
    return {
        "address": "127.0.0.1",
        "port": ssh_port,
        "identity_file": str(folder / "client_key"),
        "known_hosts_file": str(folder / "known_hosts"),
        "repository": str(folder / "origin.git"),
        "release_user": RELEASE_USER,
        "service_user": SERVICE_USER,
        "live_link": LIVE_LINK,
        "env": {"APP_ENV": "prod"},
        "runtime_files": [".env.local", "config/credentials/*.json"],
        "persistent_links": {"public/media": str(folder / "efs" / "media")},
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
