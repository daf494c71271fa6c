"""A systemd of one unit, as programs first in PATH: its state is in files that a test reads and writes."""

import os
import signal
import subprocess
from pathlib import Path

SYSTEMCTL = """\
cd {folder}
case $1 in
show)
    [[ -e unit ]] || {{ echo Id=worker.service; echo LoadState=not-found; exit; }}
    [[ ! -e restless ]] || echo $(($(<NRestarts) + 1)) >NRestarts
    for name in Id LoadState ActiveState SubState Type Result MainPID NRestarts ExecStart; do
        [[ ! -e $name ]] || printf '%s=%s\\n' $name "$(<$name)"
    done
    [[ ! -e later ]] || {{ . ./later; rm later; }} ;;
*)
    echo "of $1 $2"
    [[ ! -e action ]] || . ./action ;;
esac
"""
RESTART = """\
kill $(<MainPID)
while [[ $(cut -d' ' -f3 "/proc/$(<MainPID)/stat" 2>/dev/null) == [RSD] ]]; do sleep 0.01; done
sleep 1000 >/dev/null 2>&1 </dev/null &
echo $! >MainPID
echo active >ActiveState
"""
SUDO = """\
shift
[[ $1 != -u ]] || shift 3
echo "$*" >>{folder}/asked
exec "$@"
"""


class Systemd:
    """The unit `worker`: it runs, and a restart starts it anew."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.shims = folder, folder / "shims"
        self.shims.mkdir(parents=True)
        self.program("systemctl", SYSTEMCTL.format(folder=folder))
        self.program("sudo", SUDO.format(folder=folder))
        self.program("journalctl", "echo its journal")
        self.set(unit="", Id="worker.service", LoadState="loaded", ActiveState="active", SubState="running", Type="simple")
        self.set(Result="success", NRestarts="0", action=RESTART, MainPID=str(subprocess.Popen(["sleep", "1000"]).pid))
        self.set(ExecStart="{ path=/bin/sleep ; argv[]=/bin/sleep 1000 ; ignore_errors=no ; }")

    def program(self, name: str, script: str) -> Path:
        """Put a program of this name first in PATH."""
        file = self.shims / name
        file.write_text(f"#!/bin/bash\n{script}\n")
        file.chmod(0o755)
        return file

    def set(self, **values: str) -> None:
        """Change what systemd shows of the unit, or the script of its `action`."""
        for name, value in values.items():
            (self.folder / name).write_text(value)

    def runs(self, program: Path, arguments: str = "") -> None:
        """What the unit starts."""
        self.set(ExecStart=f"{{ path={program} ; argv[]={program} {arguments} ; ignore_errors=no ; }}")

    @property
    def main(self) -> int:
        """The pid of its main process."""
        return int((self.folder / "MainPID").read_text())

    @property
    def asked(self) -> list[str]:
        """What was run through sudo."""
        file = self.folder / "asked"
        return file.read_text().splitlines() if file.exists() else []

    def stop(self) -> None:
        """End its process."""
        os.kill(self.main, signal.SIGKILL)
