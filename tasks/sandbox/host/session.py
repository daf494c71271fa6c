"""One command of an SSH session, run as OpenSSH runs it without a terminal.

The command is not killed when the client goes away: its stdin ends, and its output has no reader any more.
"""

import asyncio
import os
import signal
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import asyncssh

from . import pipe

Channel = asyncssh.SSHServerProcess[bytes]


async def serve(channel: Channel, *, home: Path, environment: dict[str, str]) -> None:
    """Run the command of a channel to its end, or to the end of the channel."""
    words = ["/bin/bash", "-c", channel.command] if channel.command is not None else ["/bin/bash", "-l"]
    try:
        child = _spawn(words, home, environment)
    except (OSError, ValueError) as error:
        channel.stderr.write(f"cannot start the command: {error}\n".encode())
        channel.exit(126)
        return
    ended = _end_of(child)
    feeding = asyncio.create_task(_feed(channel, child))
    pumps = [
        asyncio.create_task(_pump(_open(child.stdout), channel.stdout, ended)),
        asyncio.create_task(_pump(_open(child.stderr), channel.stderr, ended)),
    ]
    gone = asyncio.create_task(channel.wait_closed())
    either: set[asyncio.Future[Any]] = {asyncio.gather(ended, *pumps), gone}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    await _close(child, feeding, *pumps)
    if not gone.done():
        gone.cancel()
        _report(channel, ended.result())


def _spawn(words: list[str], home: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        words,
        cwd=home,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
    )
    for stream in (child.stdin, child.stdout, child.stderr):
        os.set_blocking(_open(stream).fileno(), False)
    return child


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _end_of(child: subprocess.Popen[bytes]) -> asyncio.Future[int]:
    """The exit code of a child, to come. A thread waits: asyncio's own wait also waits for pipes that daemons hold."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()

    def settle(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    def wait() -> None:
        code = child.wait()
        with suppress(RuntimeError):  # the loop is closed: the server itself is ending
            loop.call_soon_threadsafe(settle, code)

    threading.Thread(target=wait, daemon=True).start()
    return ended


async def _pump(source: IO[bytes], sink: asyncssh.SSHWriter[bytes], ended: asyncio.Future[int]) -> None:
    with suppress(OSError, asyncssh.Error):
        async for block in pipe.read_until(source.fileno(), ended):
            sink.write(block)
            await sink.drain()


async def _feed(channel: Channel, child: subprocess.Popen[bytes]) -> None:
    stdin = _open(child.stdin)
    while block := await _received(channel, child.pid):
        with suppress(BrokenPipeError):
            await pipe.write(stdin.fileno(), block)
    stdin.close()


async def _received(channel: Channel, group: int) -> bytes:
    """The next block from the client, b"" at its end; signals that come meanwhile go to the command."""
    while True:
        try:
            return await channel.stdin.read(pipe.BLOCK)
        except asyncssh.SignalReceived as received:
            with suppress(ProcessLookupError, KeyError):
                os.killpg(group, signal.Signals[f"SIG{received.signal}"])
        except (asyncssh.BreakReceived, asyncssh.TerminalSizeChanged):
            continue
        except (OSError, asyncssh.Error):
            return b""


async def _close(child: subprocess.Popen[bytes], *tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for stream in (child.stdin, child.stdout, child.stderr):
        _open(stream).close()


def _report(channel: Channel, code: int) -> None:
    if code >= 0:
        channel.exit(code)
    else:
        channel.exit_with_signal(signal.Signals(-code).name.removeprefix("SIG"))
