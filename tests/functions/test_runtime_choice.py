"""Which copy of a runtime file counts: of the live one and that in ~/runtime the one that has changed, and nobody guesses."""

import stat
import subprocess

import pytest

from tests.functions.runtime_files import FILE, Files
from tests.support.host import LocalHost


@pytest.fixture
def files(host: LocalHost) -> Files:
    """A host with a live release, whose runtime file came from ~/runtime."""
    made = Files(host)
    made.kept.write_text("KEY=first value\n")
    made.release()
    return made


def before(files: Files) -> list[str]:
    """What the former copies in ~/runtime were."""
    return [path.read_text() for path in files.kept.parent.glob(f"{FILE}.before-*")]


def test_one_that_was_changed_in_the_live_release_is_taken_from_there_and_the_kept_copy_renewed(files: Files) -> None:
    files.live.write_text("KEY=live\n")
    assert files.of(files.release()).read_text() == "KEY=live\n"
    assert (files.kept.read_text(), before(files)) == ("KEY=live\n", ["KEY=first value\n"])


def test_one_that_was_changed_in_the_kept_copy_is_taken_from_there(files: Files) -> None:
    files.kept.write_text("KEY=kept\n")
    assert files.of(files.release()).read_text() == "KEY=kept\n"
    assert before(files) == []


def test_both_changed_is_refused_before_anything_is_built_with_the_two_commands_that_settle_it(files: Files) -> None:
    files.live.write_text("KEY=live\n")
    files.kept.write_text("KEY=kept\n")
    done = files.host.build()
    assert (done.code, "fetch" in done.steps) == (3, False)
    assert f"runtime file {FILE} differs" in done.failure
    said = done.texts("fail")
    assert f"cp -p {files.kept} {files.live}" in said
    assert f"cp -p {files.live} {files.kept}" in said
    assert "KEY" not in said


@pytest.mark.parametrize("use", ["live", "kept"])
def test_either_command_settles_it(files: Files, use: str) -> None:
    files.live.write_text("KEY=live\n")
    files.kept.write_text("KEY=kept\n")
    source, other = (files.live, files.kept) if use == "live" else (files.kept, files.live)
    other.write_text(source.read_text())
    assert files.of(files.release()).read_text() == f"KEY={use}\n"


def test_one_that_changes_again_after_both_were_alike_is_no_conflict(files: Files) -> None:
    files.live.write_text("KEY=live\n")
    assert files.host.build().code == 0
    files.kept.write_text("KEY=kept\n")
    assert files.of(files.release()).read_text() == "KEY=kept\n"


def test_on_a_host_of_an_earlier_version_two_that_differ_are_refused_and_nothing_stale_goes_live(files: Files) -> None:
    files.live.write_text("KEY=newer, of the live release\n")
    files.forget()
    done = files.host.build()
    assert (done.code, "fetch" in done.steps) == (3, False)
    assert "which of them is newer is not known" in done.failure
    assert (files.live.read_text(), files.kept.read_text()) == ("KEY=newer, of the live release\n", "KEY=first value\n")


def test_on_a_host_of_an_earlier_version_two_that_are_alike_go_on(files: Files) -> None:
    files.forget()
    assert files.release()


def test_one_that_was_removed_from_the_live_release_does_not_come_back_by_itself(files: Files) -> None:
    files.host.use(runtime_files=[{"path": FILE, "optional": True}])
    files.live.unlink()
    done = files.host.build()
    assert (done.code, "fetch" in done.steps) == (3, False)
    assert f"{FILE} is missing in" in done.failure


def test_a_new_one_may_be_put_beside_the_live_release(files: Files) -> None:
    files.host.use(runtime_files=[FILE, "key.json"])
    (files.kept.parent / "key.json").write_text("{}")
    assert (files.host.releases / files.release() / "key.json").read_text() == "{}"


def test_the_first_one_of_all_may_be_put_beside_the_live_release(host: LocalHost) -> None:
    files = Files(host)
    host.use(runtime_files=[])
    files.release()
    host.use(runtime_files=["config/keys/key.json"])
    (files.kept.parent / "config/keys").mkdir(parents=True)
    (files.kept.parent / "config/keys/key.json").write_text("{}")
    assert (host.releases / files.release() / "config/keys/key.json").read_text() == "{}"


def test_what_to_type_makes_the_directory_that_the_live_release_has_not(files: Files) -> None:
    files.host.use(runtime_files=["a b/key.json"])
    (files.kept.parent / "a b").mkdir()
    (files.kept.parent / "a b/key.json").write_text("{}")
    files.forget()
    done = files.host.build()
    assert "a b/key.json is missing in" in done.failure
    line = done.texts("fail").partition("mkdir -p ")[2].partition(" # ")[0]
    subprocess.run(["bash", "-c", f"mkdir -p {line}"], check=True)
    assert (files.host.releases / files.release() / "a b/key.json").read_text() == "{}"


def test_a_directory_in_its_place_is_refused_with_what_hosts_yml_takes(files: Files) -> None:
    files.kept.unlink()
    files.kept.mkdir()
    done = files.host.build()
    assert f"{files.kept} is a directory" in done.failure
    assert f"name the files in it in hosts.yml, such as {FILE}/*" in done.texts("fail")


def test_a_former_copy_is_no_runtime_file(files: Files) -> None:
    files.host.use(runtime_files=[".*"])
    files.live.write_text("KEY=live\n")
    assert before(files) == []
    files.release()
    name = files.release()
    assert len(before(files)) == 1
    assert [*(files.host.releases / name).glob("*before*")] == []


def test_one_that_the_build_itself_changes_is_no_change_of_anybody(files: Files) -> None:
    files.host.use(runtime_files=[FILE], publish=[f"echo BUILT=1 >> {FILE}"])
    files.release()
    assert files.of(files.release()).read_text() == "KEY=first value\nBUILT=1\n"
    assert files.warned() == ""
    assert before(files) == []


def test_what_is_recorded_is_no_value_and_for_the_release_user_alone(files: Files) -> None:
    files.release()
    assert stat.S_IMODE(files.state.stat().st_mode) == 0o700
    found = [path for path in files.state.iterdir() if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in found} == {0o600}
    assert not any(b"first value" in path.read_bytes() for path in found)
    assert len((files.state / "key").read_bytes()) == 32


def test_one_that_differs_is_named_and_never_its_value(files: Files) -> None:
    files.release()
    files.host.finish(files.host.live.readlink().name)
    assert files.warned() == ""
    files.live.write_text("KEY=live\n")
    said = files.warned()
    assert f"runtime file {FILE} has changed in" in said
    assert f"{FILE} is another in source-" in said
    assert "KEY" not in said
