"""Pipes to and from a child process, without blocking the event loop and without losing a byte."""

import asyncio
import os
from collections.abc import AsyncIterator

BLOCK = 1 << 16


async def read_until(descriptor: int, ended: asyncio.Future[int]) -> AsyncIterator[bytes]:
    """Blocks of a pipe until its end, or until `ended` and empty: no daemon that keeps the pipe open holds it up."""
    while True:
        last = ended.done()  # asked before the read: what was written before the end is then still read
        try:
            block = os.read(descriptor, BLOCK)
        except BlockingIOError:
            if last:
                return
            await _readable(descriptor, ended)
            continue
        if not block:
            return
        yield block


async def write(descriptor: int, block: bytes) -> None:
    """Write a whole block, waiting while the pipe is full."""
    rest = memoryview(block)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            await _writable(descriptor)


async def _readable(descriptor: int, ended: asyncio.Future[int]) -> None:
    loop, wake = asyncio.get_running_loop(), asyncio.Event()

    def stop(_: asyncio.Future[int]) -> None:
        wake.set()

    loop.add_reader(descriptor, wake.set)
    ended.add_done_callback(stop)
    try:
        await wake.wait()
    finally:
        loop.remove_reader(descriptor)
        ended.remove_done_callback(stop)


async def _writable(descriptor: int) -> None:
    loop, wake = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(descriptor, wake.set)
    try:
        await wake.wait()
    finally:
        loop.remove_writer(descriptor)
