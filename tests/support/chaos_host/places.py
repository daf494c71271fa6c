"""Goes around the steps of the host program, on a host: what a plan says happens before, within or after one of them.

The plan has MODE (count, stop or hang), PLACE (PHASE/STEP), POSITION (before, middle or after) and COMMAND, for the middle: the
how manieth call to the system of the step, 0 for within a command of hosts.yml.
"""

import builtins
import os
import shlex
import sys
import threading
import time

CALLS = frozenset(
    {
        *("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.chmod", "os.truncate"),
        *("os.posix_spawn", "os.listdir", "os.scandir", "os.setxattr", "fcntl.flock", "socket.connect", "ctypes.dlopen"),
    }
)
CHAOS = "/srv/chaos"


def read_plan():
    """The plan's words; none where it was taken away this instant."""
    try:
        with open(f"{CHAOS}/plan", encoding="utf-8") as file:
            pairs = (line.partition("=") for line in file.read().splitlines())
            return {key: "".join(shlex.split(value)) for key, _, value in pairs}
    except OSError:
        return {"CHAOS_MODE": "", "CHAOS_PLACE": "", "CHAOS_POSITION": "", "CHAOS_COMMAND": "0"}


PLAN = read_plan()
MODE, PLACE, POSITION = PLAN["CHAOS_MODE"], PLAN["CHAOS_PLACE"], PLAN["CHAOS_POSITION"]
COMMAND = int(PLAN["CHAOS_COMMAND"])


class Watched:
    """The step whose calls are counted; `place` is "" outside of it and while this file itself is at work."""

    place, seen = "", 0


def here():
    """This process, its process group and its session."""
    return f"{os.getpid()} {os.getpgrp()} {os.getsid(0)}"


def reach(what):
    """Stop or hang, once: a phase may be sent again."""
    Watched.place = ""
    if os.path.exists(f"{CHAOS}/reached"):
        return
    with open(f"{CHAOS}/reached", "w", encoding="utf-8") as file:
        file.write(f"{here()} {what}\n")
    if MODE == "hang":
        time.sleep(3600)
    while not os.path.exists(f"{CHAOS}/go"):
        time.sleep(0.02)


def heard(event, arguments):
    """A call to the system of the step that is watched."""
    if not Watched.place or event not in CALLS or threading.current_thread() is not threading.main_thread():
        return
    Watched.seen += 1
    if MODE != "count" and Watched.seen == COMMAND:
        reach(f"{event} {arguments[0]!r}")


def around(place, act):
    """Run a step as the plan says."""
    if MODE == "count" or (place == PLACE and POSITION == "middle"):
        watch(place, act)
        return
    if place == PLACE and POSITION == "before":
        reach(f"before {place}")
    act()
    if place == PLACE and POSITION == "after":
        reach(f"after {place}")


def watch(place, act):
    os.environ["CHAOS_SHELL"] = here()  # for a command of hosts.yml, within which the place may be
    Watched.place, Watched.seen = place, 0
    act()
    Watched.place = ""
    if MODE == "count":
        with open(f"{CHAOS}/counts", "a", encoding="utf-8") as file:
            file.write(f"{Watched.seen}\t{place}\n")
    else:
        reach(f"at the end of {place}")


def go_around_steps(module):
    function = module["_perform_one"]

    def perform_one(run, name, act, *rest):
        # within the time that the step has
        function(run, name, lambda *words: around(f"{run.phase}/{name}", lambda: act(*words)), *rest)

    module["_perform_one"] = perform_one


def go_around_lock(module):
    """The lock has no steps: it is one, from when it is asked for until it is taken."""
    take = module["Lock"].take
    module["Lock"].take = lambda lock, run, **options: around("lock/lock", lambda: take(lock, run, **options))


AROUND = {"tasks.host.steps": go_around_steps, "tasks.host.lock": go_around_lock}
run_code = builtins.exec


def exec_and_go_around(code, names=None):
    """Modules of the host program run through `exec`: afterwards their functions can be replaced."""
    if names is None:
        frame = sys._getframe(1)
        run_code(code, frame.f_globals)
        return
    run_code(code, names)
    if names.get("__name__") in AROUND:
        AROUND[names["__name__"]](names)


builtins.exec = exec_and_go_around
sys.addaudithook(heard)
