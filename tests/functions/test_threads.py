"""A signal that ends a phase or a job reaches the main thread, which waits: no other may take it."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tasks.config.inventory import PROJECT
from tasks.host import programs, threads

KEPT = (signal.SIGTERM, signal.SIGINT)


def blocked(status: Path) -> set[int]:
    """The signals that a thread does not take: SigBlk of proc(5)."""
    mask = int(status.read_text().partition("SigBlk:")[2].split()[0], 16)
    return {number for number in range(1, 65) if mask >> (number - 1) & 1}


def test_a_thread_beside_the_main_one_takes_none_and_the_main_one_takes_all() -> None:
    found, go_on = list[set[int]](), threading.Event()

    def look() -> None:
        found.append(blocked(Path(f"/proc/self/task/{threading.get_native_id()}/status")))
        go_on.set()

    threads.start(threading.Thread(target=look))
    assert go_on.wait(60)
    assert found == [set(KEPT)]
    assert not blocked(Path("/proc/self/status")) & set(KEPT)


@pytest.mark.parametrize("number", KEPT)
def test_a_program_that_such_a_thread_starts_takes_them(number: signal.Signals) -> None:
    ended, codes = threading.Event(), list[int]()

    def run() -> None:
        codes.append(programs.run(["sh", "-c", f"kill -{number.value} $$; sleep 60"], seconds=30).code)
        ended.set()

    threads.start(threading.Thread(target=run))
    assert ended.wait(60)
    assert codes == [-number]


def test_every_thread_of_a_conversation_but_the_main_one_leaves_them() -> None:
    program = """
import os, sys, threading, time
from tasks.host.deadline import limit
from tasks.host.inbox import Inbox
from tasks.host.wire import Wire
inbox, wire = Inbox(sys.stdin.buffer), Wire(2, "mark")
with limit(60, lambda: None):
    print(os.getpid(), flush=True)
    inbox.wait(60)
"""
    running = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT)
    assert running.stdout is not None
    pid = running.stdout.readline().strip().decode()
    masks = {task.name: blocked(task / "status") & set(KEPT) for task in Path(f"/proc/{pid}/task").iterdir()}
    running.kill()
    running.communicate()
    assert masks.pop(pid) == set()
    assert [*masks.values()] == [set(KEPT)] * 3
