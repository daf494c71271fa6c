"""Post-release of the services that hosts.yml names, as the service user: test, act, and wait for the proof."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Callable, Dict, List, Tuple

from tasks.shell.lib.services.fpm import INSTALL, Command, binaries, installed, needs
from tasks.shell.lib.services.processes import STAT, process
from tasks.shell.lib.services.proof import Proof
from tasks.shell.lib.services.units import TOO_LATE, executable, look, output, ran, units, well
from tasks.shell.lib.wire import emit

PATIENCE = {"restart": 10, "reload": 30}  # seconds until every process follows; a restart has waited for the old ones already
HELD_BACK = 10  # seconds: systemd's StartLimitIntervalSec, unless somebody changed it
SETTLE = 1.0  # seconds after which a service is looked at again: one that starts and dies has died by then


class Refused(Exception):
    """A service that cannot, or did not, follow; `next` is what to type."""

    def __init__(self, what: str, next: str = "") -> None:
        super().__init__(what)
        self.next = next


def tests(pattern: str) -> List[List[str]]:
    """The commands that test the configuration of nginx or php-fpm, where a unit is one."""
    found = [executable(unit) for unit in units(pattern)]
    nginx = [words for words in found if words and os.path.basename(words[0]) == "nginx"]
    named = [[word for flag in ("-c", "-p") if flag in words for word in words[words.index(flag) :][:2]] for words in nginx]
    return [[words[0], *more, "-t"] for words, more in zip(nginx, named)] + binaries(pattern)


def commands(kind: str, name: str) -> List[Command]:
    """What post-release may run through sudo besides the action itself, each with its user."""
    found: List[Command] = [("root", [*STAT, "/proc/1/cwd"])]
    if kind == "systemd":
        found += [("root", words) for words in tests(name)] + needs(name)
    return [each for at, each in enumerate(found) if each not in found[:at]]


def list_commands(kind: str, _: str, name: str, *, wanted: Callable[[Command], bool] = lambda _: True) -> None:
    for user, words in filter(wanted, commands(kind, name)):
        sys.stdout.write("\0".join([user, *words, "", ""]))


def list_now(kind: str, action: str, name: str) -> None:
    """Those that would run now: the probe is only installed where it is not there, or another."""
    list_commands(kind, action, name, wanted=lambda command: command[1] != INSTALL or not installed())


def known(kind: str, name: str) -> None:
    if kind == "systemd" and not units(name):
        raise Refused("no systemd unit matches %s" % name, "systemctl list-units --all, then correct services in hosts.yml")


def tested(kind: str, name: str) -> None:
    """A configuration that would not start is found before what runs is touched."""
    for words in tests(name) if kind == "systemd" else []:
        done = ran(["sudo", "-n", *words])
        if done.returncode:
            print(done.stdout)
            what = "%s refuses its configuration, so it was left as it runs" % " ".join(words)
            raise Refused(what, "mend it, then type the same again")


def act(kind: str, action: str, name: str) -> None:
    """Tell a service to follow, and wait until every process of it is shown to."""
    known(kind, name)
    tested(kind, name)
    proof = Proof(kind, action, name, began())
    proof.remember()
    tell(kind, action, name)
    deadline = time.monotonic() + PATIENCE[action] + proof.answers.timeout
    complaints = proof.complaints()
    while complaints:
        if time.monotonic() > deadline or hopeless(kind, name):
            last_words(kind, name)
            raise Refused("%s: %s" % (name, "; ".join(complaints[:3])), "look at it on the host, then fab post-release")
        emit("line", name, complaints[0])
        time.sleep(0.2)
        complaints = proof.complaints()


def tell(kind: str, action: str, name: str) -> None:
    """Restart or reload. Units that had failed before may be held back by systemd for a while: they are told once more."""
    failed = hopeless(kind, name)
    words = ["systemctl" if kind == "systemd" else "supervisorctl", action, name]
    done = order(words)
    if done.returncode and failed:
        emit("line", name, "systemd may hold it back, as it had failed: once more in %d seconds" % HELD_BACK)
        time.sleep(HELD_BACK)
        done = order(words)
    print(done.stdout)
    if done.returncode:
        last_words(kind, name)
        raise Refused("%s failed" % " ".join(words))


def order(words: List[str]) -> subprocess.CompletedProcess[str]:
    """A command as root, ended after step_timeout."""
    limit = os.environ["STEP_TIMEOUT"]
    done = ran(["sudo", "-n", *words], limit)
    if done.returncode == TOO_LATE:
        raise Refused("%s was ended after %s seconds (step_timeout)" % (" ".join(words), limit))
    return done


def hopeless(kind: str, name: str) -> bool:
    return kind == "systemd" and any(unit["ActiveState"] == "failed" for unit in units(name))


def last_words(kind: str, name: str) -> None:
    """What a service that does not come up said last: its state and journal, or what supervisor says."""
    if kind == "supervisor":
        print(output(["sudo", "-n", "supervisorctl", "status", name]))
        return
    time.sleep(SETTLE)  # for the journal to have it
    there = units(name)
    for unit in ([unit for unit in there if not well(unit)] or there)[:2]:
        print("%s: %s (%s), result %s" % (unit["Id"], unit["ActiveState"], unit.get("SubState"), unit.get("Result")))
        print(journal(unit["Id"]))


def journal(unit: str) -> str:
    """The last lines of a unit's journal; sudo is tried where the service user may not read it."""
    words = ["journalctl", "--quiet", "--no-pager", "--lines=10", "--unit=" + unit]
    for command in (words, ["sudo", "-n", *words]):
        said = ran(command)
        if said.returncode == 0 and said.stdout:
            return said.stdout
    return "its journal: sudo journalctl --unit=%s" % unit


def prove(*words: str) -> None:
    """All services, looked at together, and again after a moment: what starts and dies has not followed."""
    proofs = [Proof(kind, action, name, began()) for kind, action, name in zip(words[::3], words[1::3], words[2::3])]
    for proof in proofs:
        patient(proof)
    before = [lives(proof) for proof in proofs]
    time.sleep(SETTLE)
    for proof, were in zip(proofs, before):
        patient(proof)
        if lives(proof) != were and comes_and_goes(proof):
            last_words(proof.kind, proof.name)
            raise Refused("%s: it starts and ends again and again" % proof.name)


def patient(proof: Proof) -> None:
    """A worker that has done its share and is started anew, or a php-fpm that is busy, is looked at again."""
    deadline = time.monotonic() + PATIENCE["restart"]
    complaints = proof.complaints()
    while complaints:
        if time.monotonic() > deadline:
            last_words(proof.kind, proof.name)
            raise Refused("%s: %s" % (proof.name, "; ".join(complaints[:3])))
        time.sleep(0.5)
        complaints = proof.complaints()


def comes_and_goes(proof: Proof) -> bool:
    """Are its main processes others again after another moment? One that ends once, as workers do after a while, is well."""
    were = lives(proof)
    time.sleep(SETTLE)
    return lives(proof) != were


def lives(proof: Proof) -> Tuple[object, List[str]]:
    """The main processes, and how often systemd has started them anew: between two lives there is no process to compare."""
    there = units(proof.name) if proof.kind == "systemd" else []
    return look(proof.kind, proof.name).mains, [unit.get("NRestarts", "") for unit in there]


def began() -> int:
    """When this phase's program began, as the kernel counts: what starts later has started after the cutover."""
    this = process(int(os.environ["PROGRAM"]))
    return this.started if this else sys.maxsize


WORDS: Dict[str, Callable[..., None]] = {"act": act, "prove": prove, "commands": list_commands, "commands-now": list_now}


def main(word: str, *words: str) -> int:
    try:
        WORDS[word](*words)
    except Refused as problem:
        emit("fail", str(problem), problem.next)
    except (OSError, ValueError, KeyError, subprocess.SubprocessError) as problem:
        emit("fail", "%s: %s" % (" ".join(words[:3]), problem), "")
    else:
        return 0
    sys.stdout.flush()
    return 1


sys.exit(main(*sys.argv[1:]))
