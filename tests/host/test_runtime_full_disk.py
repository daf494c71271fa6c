"""A rollback on a full disk: its target goes live with the runtime files that it has, and a warning."""

from tests.support.acme import SECRET, Acme

FILE = "/home/ftsuser/source/.env.local"


def test_a_rollback_on_a_full_disk_keeps_the_files_of_its_target(acme: Acme) -> None:
    acme.deploy()
    first = acme.live
    acme.deploy()
    acme.host.sh(f"head -c 100000 /dev/zero | tr '\\0' '#' >>{FILE}")  # larger than what is left
    acme.host.sh("mount -o remount,size=$(($(df --output=used -k /home | tail -n 1) + 40))k /home")
    said = acme.fab("rollback").err
    assert acme.live == first
    assert f"{first} goes live with the runtime files that it has" in said
    assert "No space left on device" in said
    assert acme.host.sh(f"cat {FILE}", "ftsuser") == f"TOKEN={SECRET}"
    assert acme.host.sh("ls /home/ftsuser/builds/source/runtime | grep -c new || true", "ftsuser") == "0"
