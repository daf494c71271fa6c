"""Paths of hosts.yml that would meet on the host: a runtime file where php-fpm may write, a link into a release."""

from collections.abc import Callable

import pytest

from tasks.config.checks import may_match_below
from tasks.errors import UsageError

Refused = Callable[[str], UsageError]


@pytest.mark.parametrize(
    ("glob", "folder"),
    [
        ("var/key", "var"),
        ("var", "var"),
        ("var/a/b/key", "var/a"),
        ("**/.token", "var"),
        ("**", "var"),
        ("*/key", "var"),
        ("v?r/*", "var"),
        ("[a-z]ar/key", "var"),
        ("[^a]ar/key", "var"),
        ("apps/**/key", "apps/api/var"),
        ("**/**/**/key", "a/b/c/d"),
        ("v\\ar/key", "var"),
        ("[[:alpha:]]ar/key", "var"),
        ("*/**", "apps/api/var"),
    ],
)
def test_a_glob_that_may_match_below_is_known(glob: str, folder: str) -> None:
    assert may_match_below(glob, folder)


@pytest.mark.parametrize(
    ("glob", "folder"),
    [
        (".env.local", "var"),
        ("*", "apps/api/var"),
        ("*.json", "var"),
        ("config/*.json", "var"),
        ("config/**", "var"),
        ("variable/key", "var"),
        ("apps/*/key", "apps/api/var"),
        ("[!v]ar/key", "var"),
        ("apps", "apps/api"),
    ],
)
def test_a_glob_that_matches_elsewhere_is_left_alone(glob: str, folder: str) -> None:
    assert not may_match_below(glob, folder)


def test_a_runtime_file_where_php_fpm_may_write_is_refused(refused: Refused) -> None:
    error = refused("""
        defaults: {repository: 'git@h:p', writable: [public/media, var]}
        hosts: {a: {runtime_files: [.env, var/key, '**/.token']}, b: }
        """)
    assert error.details == (
        "hosts.a.runtime_files[1]: the file 'var/key' may lie in 'var', which php-fpm can write to",
        "hosts.a.runtime_files[2]: the file '**/.token' may lie in 'public/media', which php-fpm can write to",
    )


@pytest.mark.parametrize(
    ("target", "keys", "where"),
    [
        ("~/source/media", "", "live_link ('~/source')"),
        ("~/releases/media", "", "releases_dir ('~/releases')"),
        ("~/builds", "", "builds_dir ('~/builds')"),
        ("/srv/releases/x/media", "releases_dir: /srv/releases/", "releases_dir ('/srv/releases')"),
    ],
)
def test_a_persistent_link_that_leads_where_releases_come_and_go_is_refused(
    refused: Refused, target: str, keys: str, where: str
) -> None:
    error = refused(f"hosts: {{a: {{repository: x, persistent_links: {{public/media: {target}}}, {keys}}}}}")
    assert error.details == (f"hosts.a.persistent_links.public/media: leads into {where}, where releases come and go",)


@pytest.mark.parametrize(
    ("keys", "detail"),
    [
        ("asset_pool: [../x]", "asset_pool[0]: expected a path inside the release (no leading / or ~, no ..), found '../x'"),
        (
            "asset_pool: [public/build], live_link: assets",
            "live_link: the asset pool ('~/assets/assets') would lie in '~/assets', the live link",
        ),
        (
            "asset_pool: [public/build], builds_dir: ~/assets",
            "builds_dir: this environment's part of builds_dir ('~/assets/source') would be the asset pool",
        ),
        (
            "asset_pool: [build, public/media/x], persistent_links: {public/media: /mnt/media}",
            "asset_pool[1]: 'public/media/x' lies in the persistent link 'public/media', which outlives releases already",
        ),
    ],
)
def test_the_asset_pool_has_a_place_of_its_own_and_is_filled_from_releases_alone(
    refused: Refused, keys: str, detail: str
) -> None:
    assert refused(f"hosts: {{a: {{repository: x, {keys}}}}}").details == (f"hosts.a.{detail}",)
