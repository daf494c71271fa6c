"""Boot the embedded host: the SSH server, and each service that can run yet."""

import os
import sys
from contextlib import suppress

from . import process
from .layout import Layout
from .process import UnitError
from .units import SUPERVISOR, SYSTEMD, Services


def main(layout: Layout) -> int:
    """Start everything; before the first release workers have nowhere to run, and are left failed as on a real host."""
    web, *workers = (*SYSTEMD, *SUPERVISOR)
    services = Services(layout)
    try:
        process.launch(layout, "sshd", "sshd", cwd=layout.folder, environment={**os.environ, "HOME": str(layout.home("root"))})
        services.start(web)
    except UnitError as error:
        print(error, file=sys.stderr)
        return 1
    for unit in workers:
        with suppress(UnitError):
            services.start(unit)
    return 0
