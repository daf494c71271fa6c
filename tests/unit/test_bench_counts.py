"""What the benchmark counts: packets on the link, and calls in what strace writes."""

import struct

import pytest

from tests.bench.forward import Counts, count
from tests.bench.packets import ACK, SYN, Packet
from tests.support.traced import parse

UDP = 17
STRACE = """\
100 execve("/usr/sbin/sshd", ["/usr/sbin/sshd", "-R"], 0x55 /* 9 vars */) = 0
101 execve("/usr/local/bin/git", ["git", "fetch"], 0x55 /* 9 vars */) = -1 ENOENT (No such file or directory)
101 execve("/usr/bin/git", ["git", "fetch"], 0x55 /* 9 vars */ <unfinished ...>
102 execve("/usr/bin/python3", ["python3", "-c", "print(\\"a\\") = 1"], 0x55 /* 9 vars */ <unfinished ...>
101 <... execve resumed>)             = 0
102 <... execve resumed>)             = 0
103 execveat(3, "", ["python3.11"], 0x55 /* 9 vars */, AT_EMPTY_PATH) = 0
105 execve("/bin/true", ["true"], 0x55 /* 9 vars */ <unfinished ...>
104 +++ superseded by execve in pid 105 +++
104 <... execve resumed>)             = 0
101 fsync(4 <unfinished ...>
102 syncfs(3)                         = 0
101 <... fsync resumed>)              = 0
102 fdatasync(9)                      = -1 EBADF (Bad file descriptor)
100 +++ exited with 0 +++
strace: Process 104 attached
"""


def packet(payload: int, flags: int = ACK, *, options: int = 12, protocol: int = 6) -> bytes:
    header = 20 + options
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + header + payload, 1, 0, 64, protocol, 0, bytes(4), bytes(4))
    return ip + struct.pack(">HHIIBBHHH", 40000, 22, 0, 0, (header // 4) << 4, flags, 0, 0, 0) + bytes(options + payload)


@pytest.mark.parametrize(("options", "payload"), [(0, 0), (12, 1), (20, 1448)])
def test_payload_is_what_headers_leave(options: int, payload: int) -> None:
    assert Packet.parse(packet(payload, options=options)) == Packet(payload)


def test_only_the_first_packet_opens_a_connection() -> None:
    opens = [Packet.parse(packet(0, flags)).opens for flags in (SYN, SYN | ACK, ACK)]
    assert opens == [True, False, False]


@pytest.mark.parametrize("data", [b"", packet(9)[:30], packet(9, protocol=UDP), b"\x60" + bytes(60)])
def test_what_is_not_tcp_carries_nothing(data: bytes) -> None:
    assert Packet.parse(data) == Packet()


def test_directions_are_counted_apart() -> None:
    counts = Counts()
    count(counts, [packet(0, SYN), packet(100)], up=True)
    count(counts, [packet(0, SYN | ACK), packet(40)], up=False)
    assert counts == Counts(up=100, down=40, connections=1)


def test_only_programs_that_were_started_count() -> None:
    assert parse(STRACE).programs == {"sshd": 1, "git": 1, "python3": 1, "python3.11": 1, "true": 1}


def test_interpreters_are_told_from_other_programs() -> None:
    assert parse(STRACE).pythons == 2
    assert parse('1 execve("/usr/bin/python3-config", ["x"], 0x5 /* 1 var */) = 0\n').pythons == 0


def test_only_flushes_that_went_well_count() -> None:
    assert parse(STRACE).flushes == {"fsync": 1, "syncfs": 1}
