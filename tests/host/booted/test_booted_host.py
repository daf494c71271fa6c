"""The booted host is a real one: systemd, users, a network that it cannot leave, a power plug and a cable."""

import hashlib
import socket
import subprocess
from pathlib import Path

import pytest

from tests.support.booted import Booted, Lab
from tests.support.booted_image import FRONT

MACHINE = ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/sudoers", "/etc/hosts", "/proc/sys/kernel/hostname")
SERVICES = ("dbus", "nginx", "php8.2-fpm", "ssh", "supervisor", "systemd-journald", "systemd-logind")
TOOLS = ("composer", "git", "php", "rsync", "setfacl", "unzip", "curl", "python3", "supervisorctl", "visudo")


def state() -> list[str]:
    """What a host that leaks would change."""
    files = [hashlib.sha256(Path(name).read_bytes()).hexdigest() for name in MACHINE]
    places = [str(path) for name in ("/usr/local/bin", "/sys/class/net", "/run/netns") for path in Path(name).glob("*")]
    return [*files, *(place for place in places if place.endswith(("left", "lan", "to1")))]


def test_it_has_come_up_and_nothing_failed(booted: Booted) -> None:
    assert booted.over_ssh("systemctl is-system-running") == "running\n"
    assert booted.sh("systemctl list-units --failed --no-legend") == ""


@pytest.mark.parametrize("service", SERVICES)
def test_service_is_run_by_systemd(booted: Booted, service: str) -> None:
    assert booted.sh(f"systemctl is-active {service}") == "active"


@pytest.mark.parametrize("tool", TOOLS)
def test_tool_is_there(booted: Booted, tool: str) -> None:
    booted.sh(f"command -v {tool}")


def test_users_are_real(booted: Booted) -> None:
    assert booted.over_ssh("id -un; ls /home/ubuntu 2>&1 || true").splitlines() == [
        "ftsuser",
        "ls: cannot open directory '/home/ubuntu': Permission denied",
    ]


def test_only_the_service_user_has_sudo(booted: Booted) -> None:
    assert booted.over_ssh("sudo -n id -un", "ubuntu") == "root\n"
    assert booted.over_ssh("sudo -n id -un 2>&1 || true") == "sudo: a password is required\n"


def test_what_the_service_user_may_do_is_the_tests_to_say(fresh: Booted) -> None:
    fresh.sudoers(["ubuntu ALL=(root) NOPASSWD: /usr/bin/systemctl reload nginx"])
    fresh.over_ssh("sudo -n systemctl reload nginx", "ubuntu")
    assert fresh.run("sudo -n id", "ubuntu").returncode == 1


def test_home_is_open_to_the_web_server_and_closed_to_others(booted: Booted) -> None:
    booted.write("/home/ftsuser/page", "page\n")
    assert booted.sh("cat /home/ftsuser/page", "www-data") == "page"
    assert booted.run("cat /home/ftsuser/page", "ubuntu").returncode == 1


def test_workstation_is_served_pages(booted: Booted, lab: Lab) -> None:
    booted.write("/var/www/html/page", "page\n", "root")
    words = lab.inside(["curl", "--silent", "--fail", f"http://{booted.address}/page"])
    assert subprocess.run(words, check=True, capture_output=True).stdout == b"page\n"


def test_front_end_packages_need_neither_a_network_nor_node(booted: Booted) -> None:
    for name in ("package.json", "bun.lock"):
        booted.write(f"/home/ftsuser/{name}", (FRONT / name).read_text())
    booted.sh("~/.bun/bin/bun install --frozen-lockfile && test -d node_modules/webpack", "ftsuser")
    assert booted.run("command -v node").returncode == 1


def test_there_is_no_way_out_of_its_network(booted: Booted, lab: Lab) -> None:
    assert booted.sh("ip route show default; ip -6 route show default") == ""
    assert subprocess.run(lab.inside(["ip", "route", "show", "default"]), check=True, capture_output=True).stdout == b""
    with socket.create_server(("0.0.0.0", 0)) as outside:  # noqa: S104
        knock = f"exec 3<>/dev/tcp/127.0.0.1/{outside.getsockname()[1]}"
        subprocess.run(["bash", "-c", knock], check=True)
        assert "Connection refused" in booted.run(knock).stderr
        assert "Connection refused" in booted.run(knock.replace("127.0.0.1", "10.77.0.1")).stderr
        assert "Network is unreachable" in booted.run(knock.replace("127.0.0.1", "203.0.113.1")).stderr


def test_machine_is_not_changed(lab: Lab) -> None:
    before = state()
    host = lab.boot("web1")
    host.sh("useradd somebody; touch /etc/left /usr/local/bin/left /var/lib/left; rm /usr/bin/git")
    assert state() == before
    host.stop()
    assert state() == before


def test_two_at_once_reach_each_other_and_share_no_disk(booted: Booted, lab: Lab) -> None:
    other = lab.boot("web2")
    other.sh("touch /etc/other /tmp/other /srv/other")
    assert booted.run("ls /etc/other /tmp/other /srv/other").stdout == ""
    assert other.sh("cat /etc/machine-id; hostname") != booted.sh("cat /etc/machine-id; hostname")
    assert other.fingerprint() != booted.fingerprint()
    booted.sh(f"exec 3<>/dev/tcp/{other.address}/22")
    other.stop()


def test_next_host_starts_with_a_fresh_disk(lab: Lab) -> None:
    for _ in range(2):
        host = lab.boot("web3")
        assert host.run("ls /etc/left").stdout == ""
        host.sh("touch /etc/left")
        host.stop()


def test_disk_survives_a_power_cut(fresh: Booted) -> None:
    fresh.sh("touch /etc/kept /run/lost; systemctl disable supervisor")
    boot = fresh.sh("cat /proc/sys/kernel/random/boot_id")
    fresh.power_cut()
    assert fresh.run("true").returncode != 0
    fresh.start()
    assert fresh.over_ssh("ls /etc/kept /run/lost 2>/dev/null || true") == "/etc/kept\n"
    assert fresh.run("systemctl is-active supervisor").stdout == "inactive\n"
    assert fresh.sh("cat /proc/sys/kernel/random/boot_id") != boot


def test_power_cut_says_goodbye_to_nobody(fresh: Booted, lab: Lab) -> None:
    listed = lab.inside(["ss", "--tcp", "--numeric", "--no-header", "state", "established", "dst", fresh.address])
    script = f"exec 3<>/dev/tcp/{fresh.address}/22; read -r _ <&3; echo open; read -r _"
    with subprocess.Popen(lab.inside(["bash", "-c", script]), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"open\n"
        fresh.power_cut()
        assert subprocess.run(listed, check=True, capture_output=True).stdout.split()[-1] == f"{fresh.address}:22".encode()
    fresh.start()
    assert fresh.over_ssh("id -un") == "ftsuser\n"


def test_host_that_was_shut_down_boots_again(fresh: Booted) -> None:
    fresh.write("/etc/systemd/system/last.service", "[Service]\nExecStart=sleep 600\nExecStop=touch /etc/stopped\n", "root")
    fresh.sh("systemctl start last")
    fresh.shut_down()
    assert fresh.ended
    fresh.start()
    fresh.sh("ls /etc/stopped")


def test_link_is_cut_and_mended(fresh: Booted) -> None:
    fresh.cut()
    with pytest.raises(subprocess.CalledProcessError):
        fresh.over_ssh("true", options=("ConnectTimeout=1",))
    fresh.mend()
    assert fresh.over_ssh("id -un") == "ftsuser\n"


def test_connection_outlives_a_short_cut(fresh: Booted, lab: Lab) -> None:
    script = f"exec 3<>/dev/tcp/{fresh.address}/22; read -r _ <&3; echo open; read -r _; echo hello >&3; cat <&3"
    with subprocess.Popen(lab.inside(["bash", "-c", script]), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        assert client.stdout.readline() == b"open\n"
        fresh.cut()
        client.stdin.write(b"\n")
        client.stdin.close()
        fresh.mend()
        assert client.stdout.readline() == b"Invalid SSH identification string.\r\n"


def test_host_that_does_not_boot_tells_what_was_on_its_console(fresh: Booted) -> None:
    fresh.sh("mv /lib/systemd/systemd /sbin/init /root")
    fresh.power_cut()
    with pytest.raises(AssertionError, match=r"web1 did not boot: it ended\n(.|\n)*init"):
        fresh.start()
