"""The steps of a phase, one after the other: reported, timed, logged, each within its time."""

from __future__ import annotations

import contextlib
import importlib
import signal
import sys
import threading
import time
from typing import Any, Callable, Iterator, NoReturn, Sequence

from tasks.host.deadline import limit
from tasks.host.failure import FAILED, Failed
from tasks.host.run import Run

SLACK = 5.0  # seconds beyond step_timeout: programs are ended by their own deadline first, and say more


class TimeUp(Failed):
    """A step took longer than it may."""


def perform(run: Run, steps: Sequence[Sequence[Any]]) -> int:
    """Each is a name, `module:function`, its arguments, and the seconds that it may take or None. The code of the phase."""
    for name, function, arguments, within in steps:
        try:
            _perform_one(run, name, resolve(function), arguments, within)
        except Failed as failure:
            run.failure = " ".join((failure.what or f"{name} failed").split())
            if not failure.reported:
                run.report.event("fail", failure.what or f"{name} failed", failure.next)
            return failure.code
    return 0


def _perform_one(run: Run, name: str, function: Callable[..., None], arguments: Sequence[Any], within: float | None) -> None:
    began = time.monotonic()
    run.log.begin(name)
    run.step = name
    run.report.event("step", "start", name)
    run.announce(name, *_limit(run, name, within))
    try:
        with within_its_time(run, name, within):
            function(run, *arguments)
    except OSError as problem:
        raise Failed(f"{name}: {problem.strerror or problem}: {problem.filename or run.state}") from problem
    spent = int((time.monotonic() - began) * 1000)
    run.timings[name] = spent
    run.report.event("step", "done", name, str(spent))


def defect(error: BaseException) -> str:
    """A mistake of this program: the error and the place it came from."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" ({trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno})" if trace is not None else ""
    return f"a defect of this tool: {type(error).__name__}: {error}{place}"


def raise_time_up(*_: object) -> NoReturn:
    """The handler of SIGUSR1 while steps run."""
    raise TimeUp("", reported=True)


@contextlib.contextmanager
def within_its_time(run: Run, name: str, within: float | None = None) -> Iterator[None]:
    """End what runs inside after `within` seconds, or step_timeout and a little more. Raises TimeUp."""
    ended = threading.Event()
    seconds, late = _limit(run, name, within)

    def time_up() -> None:
        run.report.event("fail", late, "")
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
        if not ended.wait(SLACK):  # it stands still in the kernel
            run.abandon(FAILED)

    try:
        with limit(seconds, time_up):
            yield
    finally:
        ended.set()


def _limit(run: Run, name: str, within: float | None) -> tuple[float, str]:
    """The seconds after which a step is ended, and how that is reported."""
    seconds = run.step_timeout if within is None else within
    return seconds + (SLACK if within is None else 0), f"{name} was ended after {seconds:g} seconds (step_timeout)"


def resolve(function: str) -> Callable[..., None]:
    """The function that `module:function` names."""
    module, _, name = function.partition(":")
    found: Callable[..., None] = getattr(sys.modules.get(module) or importlib.import_module(module), name)
    return found
