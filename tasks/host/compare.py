"""What is compared with the other hosts of an environment: what a release depends on and git does not hold."""

from __future__ import annotations

import hmac
import json
import os

from tasks.host import in_use, releases
from tasks.host.check.asking import ask, scratch_home, which
from tasks.host.check.commands import VERSION, search_path
from tasks.host.failure import Failed
from tasks.host.run import Run
from tasks.host.runtime.files import content, present, source

PROGRAMS = ("php", "bun")


def report(run: Run, key: str) -> None:
    """Report versions, free disk and runtime files: each of these as an HMAC under a key that was made for this call."""
    live = releases.live(run)
    old = sorted(set(in_use.find(run, run.releases)) - {live})
    found = {**_versions(run), "workers": f"some still run {', '.join(old)}" if old else "", "disk": _disk(run)}
    if run.runtime_files and live:
        found.update(_runtime_files(run, bytes.fromhex(key)))
    run.report.fact("compared", json.dumps(found, ensure_ascii=False))


def _versions(run: Run) -> dict[str, str]:
    found: dict[str, str] = {}
    path = search_path(run)
    with scratch_home() as env:
        for word in PROGRAMS:
            program = which(word, path)
            version = VERSION.search(ask([program, "--version"], {**env, "PATH": path}, errors=False).text) if program else None
            found[word] = version[0] if version else ""
    return found


def _disk(run: Run) -> str:
    """Whether there is little room: no two disks are equally full."""
    about = os.statvfs(run.releases)
    return "" if about.f_bavail * 10 >= about.f_blocks else f"{about.f_bavail * 100 // about.f_blocks} % free"


def _runtime_files(run: Run, key: bytes) -> dict[str, str]:
    folder = source(run)
    found: dict[str, str] = {}
    for path in present(run, folder):
        try:
            found[f"runtime file {path}"] = hmac.digest(key, content(run, folder, path), "sha256").hex()
        except (Failed, OSError):
            found[f"runtime file {path}"] = "unreadable"
    return found
