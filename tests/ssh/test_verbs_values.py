"""Values with everything in them: what hosts.yml and git hold is what commands and hosts get."""

import json
from collections.abc import Callable

from tests.support.fab import Site, git, push

Make = Callable[..., Site]
STRANGE = 'it\'s "q" $HOME `id` \\n \\ * ~ {a,b} !! # ; & | <x> ünïcödé 🎭\ttab\nsecond line\n\nlast'
BRANCH = "fix/ünï-$HOME'x\"-`id`;&"


def told(site: Site) -> list[str]:
    """The words that the build left in the file `told`, one a NUL."""
    return (site.link / "told").read_bytes().decode().split("\0")[:-1]


def test_branch_with_everything_that_git_allows(make: Make) -> None:
    site = make(apps={"web": {"bootstrap": ['printf \'%s\\0\' "$RELEASE_REF" "$RELEASE_COMMIT" > told']}})
    commit = push(site.sandbox, BRANCH, {"README.md": "strange\n"})
    site.deploy(BRANCH)
    assert told(site) == [BRANCH, commit]
    assert (site.link / "README.md").read_text() == "strange\n"
    live = site.host["live"]
    assert (live["ref"], live["commit"]) == (BRANCH, commit)


def test_env_values_reach_commands_as_they_stand(make: Make) -> None:
    site = make(
        env={"STRANGE": STRANGE, "EMPTY": ""}, apps={"web": {"bootstrap": ['printf \'%s\\0\' "$STRANGE" "$EMPTY" > told']}}
    )
    site.deploy()
    assert told(site) == [STRANGE, ""]


def test_command_is_what_bash_gets(make: Make) -> None:
    command = "printf '%s\\0' 'it'\\''s' \"a  b\" $'tab\\t' \\\n  ünïcödé \"$(printf %s '$HOME')\" > told\n# the end"
    site = make(apps={"web": {"bootstrap": [command]}})
    site.deploy()
    assert told(site) == ["it's", "a  b", "tab\t", "ünïcödé", "$HOME"]


def test_path_is_searched_before_the_hosts_own(make: Make) -> None:
    site = make(path=["~/my tools ü", "bin of the release"], apps={"web": {"bootstrap": ["greet > told", "own >> told"]}})
    push(site.sandbox, "with-tools", {"bin of the release/own": "#!/bin/sh\nprintf 'own\\0'\n"})
    git(site.sandbox.clone, "checkout", "--quiet", "with-tools")
    (site.sandbox.clone / "bin of the release/own").chmod(0o755)
    git(site.sandbox.clone, "commit", "--quiet", "--all", "--amend", "--no-edit")
    git(site.sandbox.clone, "push", "--quiet", "--force", "origin", "with-tools")
    git(site.sandbox.clone, "checkout", "--quiet", "master")
    tool = site.home / "my tools ü" / "greet"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\nprintf 'hello\\0'\n")
    tool.chmod(0o755)
    site.deploy("with-tools")
    assert told(site) == ["hello", "own"]


def test_apps_files_and_links_with_spaces(make: Make) -> None:
    site = make(setup=False)
    target = site.sandbox.folder / "efs" / "media of 'all' $years"
    target.mkdir()
    site.write(
        apps={"the site's API": {"path": "apps/my api", "bootstrap": ["pwd; cat '../../my config.env' > copied"]}},
        runtime_files=["my config.env", "keys/*.p em"],
        persistent_links={"public/all media": str(target)},
    )
    push(site.sandbox, "spaces", {"apps/my api/README": "", "public/all media/.gitkeep": ""})
    site.fab("setup")
    runtime = site.home / "runtime" / site.link.name
    (runtime / "keys").mkdir()
    (runtime / "my config.env").write_text("KEY=a value\n")
    (runtime / "keys" / "o n e.p em").write_text("secret\n")
    out = site.fab("deploy", "--ref", "spaces").err
    assert (site.link / "apps/my api/copied").read_text() == "KEY=a value\n"
    assert (site.link / "keys/o n e.p em").read_text() == "secret\n"
    assert (site.link / "public/all media").readlink() == target
    assert "deploy" not in out
    assert "the site's API | " in site.log()


def test_live_link_with_spaces_and_quotes(make: Make) -> None:
    link = 'it\'s "the" site; $HOME ü*'
    site = make(live_link=link, apps={"web": {"bootstrap": ['printf \'%s\\0\' "$LIVE_LINK_NAME" "$RELEASE_PATH" > told']}})
    first, second = site.deploy(), site.deploy()
    assert told(site) == [link, str(site.home / "releases" / second)]
    site.fab("rollback")
    assert site.live == first
    assert site.states == {second: "bad", first: "live"}


def test_service_user_gets_the_release_and_nothing_of_the_release_users(make: Make) -> None:
    site = make(
        env={"FOR_BUILDS": "1"},
        path=["~/bin-of-ftsuser"],
        services=[{"run": "env -0 > ~/environment"}],
    )
    site.deploy("v1.0")
    entries = (site.sandbox.service_home / "environment").read_bytes().decode().split("\0")
    environment = dict(entry.partition("=")[::2] for entry in entries if entry)
    assert environment["RELEASE_NAME"] == site.live
    assert environment["RELEASE_REF"] == "v1.0"
    assert environment["LIVE_LINK_NAME"] == site.link.name
    assert "FOR_BUILDS" not in environment
    assert "bin-of-ftsuser" not in environment["PATH"]
    assert str(site.home) not in environment["PATH"]


def test_reason_of_a_hold_is_told_on_one_line(make: Make) -> None:
    site = make()
    site.fab("hold", "--reason", STRANGE)
    assert site.host["hold"]["reason"] == STRANGE.translate({9: " ", 10: " "})
    entry = site.json("history")[-1]
    assert (entry["event"], entry["reason"]) == ("hold", STRANGE)


def test_seal_says_what_was_built_from_what(make: Make) -> None:
    site = make()
    first = site.deploy("v1.0")
    second = site.deploy("master")
    seal = json.loads((site.home / "releases" / second / "release.json").read_text())
    assert (seal["name"], seal["live_link"], seal["ref"], seal["built_from"]) == (second, site.link.name, "master", first)
    assert seal["commit"] == git(site.sandbox.clone, "rev-parse", "master")
    assert seal["timings"]["bootstrap"] >= 0
