"""Is the PHP of this host the one that the live release asks for? Composer judges it, by the release's own lock file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tasks.host.check.asking import ask, guarded, scratch_home
from tasks.host.check.search import search_path, which

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.host.run import Run

QUIET = ("--no-dev", "--lock", "--no-plugins", "--no-interaction", "--no-ansi", "--quiet")


def check_versions(run: Run, apps: Sequence[Sequence[str]]) -> None:
    """PHP and its extensions against composer.lock of each app, (name, path), as the live release has them."""
    path = search_path(run)
    composer = which("composer", path)
    if not composer or not os.path.isdir(run.live):
        return
    with scratch_home() as env:
        for name, folder in apps:
            guarded(
                run, f"PHP of {name}", _check_platform, composer, name, os.path.join(run.live, folder), {**env, "PATH": path}
            )


def _check_platform(run: Run, composer: str, name: str, folder: str, env: dict[str, str]) -> None:
    if not os.path.exists(os.path.join(folder, "composer.lock")):
        return
    words = [composer, "check-platform-reqs", f"--working-dir={folder}", *QUIET]
    if not ask(words, env).code:
        run.report.ok(f"{name}: PHP here is what composer.lock and composer.json ask for")
        return
    lines = ask(words[:-1], env).text.splitlines()
    wrong = [" ".join(line.split()) for line in lines if line.rstrip().endswith(("failed", "missing"))]
    reasons = "; ".join(wrong[:4]) or (lines or ["no answer"])[-1]
    run.report.bad(
        f"{name}: PHP here is not what composer.lock and composer.json ask for: {reasons}",
        "sudo apt-get install what is missing (php-intl for ext-intl), then composer check-platform-reqs",
    )
