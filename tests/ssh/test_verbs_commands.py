"""Commands of hosts.yml may print anything, read anything and leave anything behind: no release is held up or fooled."""

from collections.abc import Callable
from pathlib import Path

from tests.support.fab import Site, until
from tests.support.link import Link

Make = Callable[..., Site]


def bootstrap(*commands: str) -> dict[str, object]:
    return {"apps": {"web": {"bootstrap": list(commands)}}}


def test_command_may_read_its_input_and_print_anything_or_nothing(make: Make) -> None:
    harmless = (
        "! read -r line",
        "cat > read; [ ! -s read ]",
        "head -c 300000 /dev/urandom",
        "printf '\\377\\376\\000no line end'",
        "true",
        "yes | head -n 1",
        "exec >&- 2>&-; sleep 0.1",
        "trap '' HUP PIPE",
    )
    site = make(**bootstrap(*harmless, "touch reached"))
    site.deploy()
    assert (site.link / "reached").exists()


def test_a_megabyte_of_commands_and_a_long_value_are_sent(make: Make) -> None:
    commands = [f": {str(number) + 'x' * 100_000}" for number in range(10)]
    site = make(env={"LONG": "ü" * 33_000}, apps={"web": {"bootstrap": [*commands, "printf '%s' ${#LONG} > long"]}})
    site.fab("release", "--ref", "master")
    assert (site.link / "long").read_text() == "33000"


def test_fifty_megabytes_go_to_the_log_and_not_over_the_wire(make: Make) -> None:
    loud = "yes 'a line of the fifty megabytes that a build may print' | head -c 50000000; echo; echo the last line"
    site = make(**bootstrap(loud))
    with Link(int(site.keys["port"])) as link:
        site.write(port=link.port, host_key=(site.sandbox.folder / "host_key.pub").read_text().strip())
        ran = site.fab("build", "--ref", "master")
    assert link.received < 500_000
    assert len(ran.said) < 5_000
    log = site.log(site.names[-1])
    assert len(log) > 50_000_000
    assert "web | the last line" in log


def test_daemon_that_keeps_the_output_open_does_not_hold_up_the_release(make: Make) -> None:
    site = make(**bootstrap("sleep 300 & echo $! > ~/daemon; echo started"))
    site.deploy()
    daemon = Path("/proc") / (site.home / "daemon").read_text().strip()
    assert daemon.exists(), "it outlives the release that started it"
    until(lambda: not site.locked)  # the daemon has not inherited it
    site.deploy()


def test_command_inherits_no_descriptor_of_ours(make: Make) -> None:
    site = make(
        **bootstrap("ls -l /proc/self/fd > descriptors; for fd in 3 7 8 9; do ! { : >&$fd; } 2>/dev/null || exit 1; done")
    )
    site.deploy()
    assert "lock" not in (site.link / "descriptors").read_text()


def test_output_cannot_pass_for_an_event(make: Make) -> None:
    events = (r"\tfail\tforged error\tforged next", r"\tswapped\tforged", r"\tfact\tcommit\tforged")
    nonces = ("0000000000000000", "$NONCE", r"\t", "")
    forged = "; ".join(f"printf '%b\n' \"{nonce}{event}\"" for nonce in nonces for event in events)
    site = make(**bootstrap(forged, f"{forged} >&2"))
    ran = site.fab("deploy", "--ref", "v1.0")
    assert "forged" not in ran.said
    assert "forged" in site.log()
    assert site.host["live"]["commit"] != "forged"


def test_run_values_do_not_leak_into_a_command(make: Make) -> None:
    site = make(**bootstrap("env -0 > environment"))
    site.deploy("v1.0")
    entries = (site.link / "environment").read_bytes().decode().split("\0")
    names = {entry.partition("=")[0] for entry in entries if entry}
    own = {"LIVE_LINK_NAME", "RELEASE_NAME", "RELEASE_PATH", "RELEASE_REF", "RELEASE_COMMIT", "RELEASE_BUILD"}
    login = {"HOME", "USER", "LOGNAME", "SHELL", "PATH", "LANG", "SSH_CONNECTION", "PWD", "SHLVL", "_", "OLDPWD"}
    assert own <= names
    assert names - own <= login


def test_commands_of_one_app_run_in_order_in_its_path(make: Make) -> None:
    api = {"path": "apps/api", "bootstrap": ["pwd > order", "echo two >> order", "echo three >> order"]}
    site = make(apps={"web": {"bootstrap": ["true"]}, "api": api})
    site.deploy("master")
    where, *rest = (site.link / "apps/api/order").read_text().splitlines()
    assert where == str(site.state / site.live / "apps/api")
    assert rest == ["two", "three"]


def test_apps_are_built_side_by_side(make: Make) -> None:
    """Each waits for the other: in turn they would wait for ever."""
    meet = "touch ~/met-{}; until [ -e ~/met-{} ]; do sleep 0.05; done"
    site = make(apps={"a": {"bootstrap": [meet.format("a", "b")]}, "b": {"bootstrap": [meet.format("b", "a")]}})
    site.deploy()


def test_publish_and_verify_run_where_the_release_will_live(make: Make) -> None:
    site = make(publish=["pwd > published"], verify=["pwd > verified"])
    site.deploy()
    for name in ("published", "verified"):
        assert (site.link / name).read_text().strip() == str(site.home / "releases" / site.live)


def test_command_that_takes_too_long_is_given_up(make: Make) -> None:
    site = make(step_timeout=15, **bootstrap("echo $$ > ~/late; exec sleep 300"))
    assert "step_timeout" in site.fab("build", "--ref", "master", code=3).err
    assert not (Path("/proc") / (site.home / "late").read_text().strip()).exists()


def test_command_that_is_not_found_says_where_it_is_looked_for(make: Make) -> None:
    said = make(**bootstrap("bun install")).fab("build", "--ref", "master", code=3).err
    assert "command not found: is its directory in path of hosts.yml?" in said


def test_git_in_a_build_speaks_of_the_build(make: Make) -> None:
    site = make(**bootstrap("git rev-parse HEAD > commit"))
    site.deploy("v1.0")
    assert (site.link / "commit").read_text().strip() == site.host["live"]["commit"]
