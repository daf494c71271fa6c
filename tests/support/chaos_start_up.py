"""Start-up files that print, change directory, replace commands, and end the login."""

from tests.support.chaos_absent import ENDED, NOTICED
from tests.support.chaos_site import HOME, ChaosSite
from tests.support.chaos_typed import soon
from tests.support.chaos_visitors import Scene

EVERYBODYS, KEPT = "/etc/bash.bashrc", "/var/backups/bash.bashrc"
OWN = (".bashrc", ".profile", ".bash_profile")
REPLACED = ("git", "php", "python3", "cp", "mkdir", "mv", "rm", "sudo", "systemctl", "chaos-inside", "echo", "printf", "test")
BASH_ENV = "/var/lib/bash_env"
HOSTILE = f"""\
builtin echo "welcome, $USER"
builtin echo "maintenance on Sunday" >&2
builtin printf '0 1 {{"event": "end", "status": "ok"}}\\n'
cd {HOME}/source
for name in {" ".join(REPLACED)}; do
    builtin eval "function $name {{ : >called-$name; builtin echo replaced; }}; export -f $name"
done
shopt -s expand_aliases
alias rm='rm -i' python3='python3 -q' git='git --bare'
export BASH_ENV={BASH_ENV} ENV={BASH_ENV} CDPATH={HOME}/source PATH=.:{HOME}/source/public:$PATH
"""
SOURCED = f"cd {HOME}/source; : >sourced\n"
ENDS = "exit 0\n"
OUTLASTS = 30
"""Seconds of --patience: the link is back before it ends, and what a login that ends at once comes to is seen soon."""


def hostile(scene: Scene) -> None:
    """They appear; most times the link is cut and back, so that a connection meets them.

    Those that end a login are gone when fab has ended, the others when the next deploy has met them.
    """
    ends, cut = scene.dice.random() < 0.5, scene.dice.random() < 0.75
    appear(scene.site, HOSTILE + (ENDS if ends else ""))
    if cut:
        scene.site.host.cut()
    scene.site.go_on()
    if cut:
        soon(lambda: scene.typed.code is not None or scene.typed.lost_the_link, NOTICED)
        scene.site.host.mend()
    if ends:
        scene.typed.wait(ENDED)
        plain(scene.site)


def appear(site: ChaosSite, text: str) -> None:
    """Both users have them, and the host."""
    site.host.sh(f"cp -a {EVERYBODYS} {KEPT}")
    site.host.write(BASH_ENV, SOURCED, "root")
    site.host.write(EVERYBODYS, text, "root")
    for user in ("ftsuser", "ubuntu"):
        for name in OWN:
            site.host.write(f"/home/{user}/{name}", text, user)


def plain(site: ChaosSite) -> None:
    """They are gone."""
    files = " ".join(f"/home/{user}/{name}" for user in ("ftsuser", "ubuntu") for name in OWN)
    site.host.sh(f"rm -f {files} {BASH_ENV}; [[ ! -e {KEPT} ]] || mv {KEPT} {EVERYBODYS}")
