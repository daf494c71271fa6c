"""Who makes a program long: bytes by hosts.yml key, however many steps a key has."""

from tasks.phases.build import build
from tasks.phases.post_release import post_release
from tests.unit.made import environment


def test_what_several_steps_take_from_one_key_is_added_up() -> None:
    one = post_release(environment(services=[{"run": "x" * 1000}])).sizes()["services"]
    two = post_release(environment(services=[{"run": "x" * 1000}, {"run": "y" * 1000}])).sizes()["services"]
    assert two == 2 * one > 2000


def test_dropping_a_directory_does_not_hide_what_bootstrap_takes() -> None:
    sizes = build(environment(apps={"web": {"bootstrap": ["x" * 5000], "drop": ["node_modules"]}})).sizes()
    assert sizes["apps"] > 5000


def test_settings_count_under_the_name_that_hosts_yml_has_for_them() -> None:
    sizes = build(environment(env={"A": "x" * 5000}, path=["/" + "p" * 4000], runtime_files=["f" * 3000])).sizes()
    assert (sizes["env"] > 5000, sizes["path"] > 4000, sizes["runtime_files"] > 3000) == (True, True, True)


def test_paths_count_under_their_keys() -> None:
    sizes = build(environment(carry_assets=["a" * 5000], writable=["w" * 4000], services=[{"systemd": "nginx"}])).sizes()
    assert (sizes["carry_assets"] > 5000, sizes["writable"] > 4000) == (True, True)
