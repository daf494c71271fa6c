"""The seal is the tool's: a release.json that a command of the build makes seals nothing, and stops no later run."""

import json
from dataclasses import replace

import pytest

from tasks.phases import build as build_phase
from tests.support.host import LocalHost

FORGE = (
    'mkdir -p "$RELEASE_PATH"; printf \'{"v": 1, "name": "%s", "live_link": "%s", "commit": "x", "by": "x"}\''
    ' $RELEASE_NAME $LIVE_LINK_NAME >"$RELEASE_PATH/release.json"'
)
STRANGE = {
    "a directory": "mkdir -p release.json/x",
    "a fifo": "mkfifo release.json",
    "a link to itself": "ln -s release.json release.json",
    "a link to another's": "ln -s ~/source/release.json release.json",
    "a seal": FORGE,
}


@pytest.mark.parametrize("end", ["exit 1", "kill -9 $PPID"])
@pytest.mark.parametrize("command", STRANGE.values(), ids=STRANGE)
def test_a_seal_that_a_command_has_made_is_removed_with_its_build(host: LocalHost, command: str, end: str) -> None:
    first = host.release()
    host.use(publish=[command], verify=[end])
    assert (host.build().code, [path.name for path in host.releases.iterdir()]) == (3, [first])
    host.use()
    host.assert_live(host.release())
    host.assert_clean()


@pytest.mark.parametrize("command", STRANGE.values(), ids=STRANGE)
def test_the_tool_writes_its_own_over_what_a_command_has_made(host: LocalHost, command: str) -> None:
    host.release()
    host.use(publish=[command])
    name = host.release()
    host.assert_live(name)
    assert (host.seal(name)["by"], (host.live / "release.json").is_symlink()) == ("anna@laptop", False)
    host.use()
    host.assert_live(host.release())
    host.assert_clean()


def test_a_seal_that_is_made_before_the_release_is_in_its_place_is_none(host: LocalHost) -> None:
    first = host.release()
    host.use(apps={"web": {"bootstrap": [FORGE]}})
    assert host.build().code == 3
    (forged,) = {path.name for path in host.releases.iterdir()} - {first}
    assert host.cut_over(forged).code == 3
    host.use()
    host.assert_live(host.release())
    host.assert_clean()
    assert [entry["event"] for entry in host.history() if entry.get("name") == forged] == ["begin", "failed", "swept"]


def test_a_seal_of_a_run_that_died_at_once_is_none(host: LocalHost) -> None:
    """Nothing has removed it yet: the process that would is killed first."""
    host.release()
    host.use(publish=[FORGE, "kill -9 $(cut -d' ' -f4 /proc/$PPID/stat) $PPID"])
    with host.lock("build") as locked:
        host.run(build_phase.build(host.environment), replace(locked.run, ref="master"))
        name = locked.run.release
    assert json.loads((host.releases / name / "release.json").read_text())["name"] == name
    assert host.cut_over(name).code == 3
    host.use()
    host.assert_live(host.release())
    host.assert_clean()


def test_a_release_whose_seal_history_does_not_know_is_kept(host: LocalHost) -> None:
    name = host.release()
    history = host.state_dir / "history"
    history.write_text("".join(line for line in history.read_text().splitlines(keepends=True) if '"sealed"' not in line))
    (host.state_dir / "history.replayed").unlink(missing_ok=True)
    done = host.build()
    assert (done.code, host.seal(name)["name"]) == (0, name), done.failure


def test_a_build_of_an_earlier_version_that_made_a_directory_of_its_seal_is_swept(host: LocalHost) -> None:
    name = "source-20200101T000000Z"
    (host.releases / name / "release.json").mkdir(parents=True)
    with (host.state_dir / "history").open("a") as history:
        history.write(f'{{"v": 1, "event": "begin", "name": "{name}"}}\n')
    host.assert_live(host.release())
    host.assert_clean()
