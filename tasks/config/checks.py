"""What two keys, or two environments, can only get wrong together."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import islice, permutations
from pathlib import PurePosixPath
from typing import NamedTuple

from tasks.config.models import Environment
from tasks.config.values import RELEASE_NAME
from tasks.config.words import shown

RELEASES = "releases_dir"
Place = tuple[str, PurePosixPath, tuple[str, ...]]
"""A path on the host that is the tool's own: its name, and the keys that it comes from."""


class Clash(NamedTuple):
    """Keys whose values do not go together. `inside` is the way to the value within the first of them."""

    keys: tuple[str, ...]
    sentence: str
    inside: tuple[str | int, ...] = ()


def clashes(environment: Environment) -> Iterator[Clash]:
    """Everything in one environment that does not go together."""
    yield from _addresses(environment)
    yield from _directories(environment)
    yield from _links(environment)
    yield from _targets(environment)
    yield from _writable(environment)


def _addresses(environment: Environment) -> Iterator[Clash]:
    if not environment.addresses and not environment.ec2:
        yield Clash(("address",), "expected at least one address, found an empty list")
    seen: set[str] = set()
    for index, address in enumerate(environment.addresses):
        host = address.host.lower()
        if host in seen:
            yield Clash(("address",), f"{shown(address.host)} stands here twice", (index,))
        seen.add(host)


def _directories(environment: Environment) -> Iterator[Clash]:
    """No place of the tool on a host may be, or lie in, another of its places: the first that would is named."""
    builds, releases = PurePosixPath(environment.builds_dir), PurePosixPath(environment.releases_dir)
    link = environment.live_link
    places: list[Place] = [
        ("the live link", PurePosixPath("~", link), ("live_link",)),
        ("the runtime files", PurePosixPath("~/runtime", link), ("live_link",)),
        ("the repository of builds_dir", builds / "repo.git", ("builds_dir",)),
        ("this environment's part of builds_dir", builds / link, ("builds_dir", "live_link")),
        (RELEASES, releases, (RELEASES,)),
        *([("the asset pool", PurePosixPath("~/assets", link), ("live_link",))] if environment.asset_pool else []),
    ]
    if builds == releases:
        yield Clash(("releases_dir", "builds_dir"), "must not be the same directory as builds_dir")
    elif builds.is_relative_to(releases) and RELEASE_NAME.fullmatch(builds.relative_to(releases).parts[0]):
        yield Clash(("builds_dir", "releases_dir"), "would lie in a release")
    else:
        yield from islice(_inside_one_another(places), 1)


def _inside_one_another(places: Iterable[Place]) -> Iterator[Clash]:
    for (name, path, keys), (outer, around, more) in permutations(places, 2):
        if path == around or (path.is_relative_to(around) and outer != RELEASES):
            where = "be" if path == around else f"lie in {shown(str(around))},"
            yield Clash((*keys, *more), f"{name} ({shown(str(path))}) would {where} {outer}")


def _links(environment: Environment) -> Iterator[Clash]:
    links = {link.path for link in environment.persistent_links}
    for link in environment.persistent_links:
        if outer := _first(PurePosixPath(link.path).parents, links):
            sentence = f"lies in {shown(outer)}, which is a persistent link itself"
            yield Clash(("persistent_links",), sentence, (link.path,))
    for index, file in enumerate(environment.runtime_files):
        path = PurePosixPath(file.path)
        if outer := _first((path, *path.parents), links):
            sentence = f"the file {shown(file.path)} lies in the persistent link {shown(outer)}, where it is already"
            yield Clash(("runtime_files", "persistent_links"), sentence, (index,))
    for index, asset in enumerate(environment.asset_pool):
        path = PurePosixPath(asset)
        if outer := _first((path, *path.parents), links):
            sentence = f"{shown(asset)} lies in the persistent link {shown(outer)}, which outlives releases already"
            yield Clash(("asset_pool", "persistent_links"), sentence, (index,))


def _targets(environment: Environment) -> Iterator[Clash]:
    """What outlives releases lies in no place where they come and go; where links lead is the host's to know."""
    places = {
        "builds_dir": environment.builds_dir,
        RELEASES: environment.releases_dir,
        "live_link": f"~/{environment.live_link}",
    }
    for link in environment.persistent_links:
        target = PurePosixPath(link.target)
        if key := next((key for key, place in places.items() if target.is_relative_to(place)), None):
            sentence = f"leads into {key} ({shown(places[key])}), where releases come and go"
            yield Clash(("persistent_links", key), sentence, (link.path,))


def _writable(environment: Environment) -> Iterator[Clash]:
    """What php-fpm may write is none of release_user's secrets, and would be copied as if it were."""
    of_hosts = (folder for address in environment.addresses for folder in address.writable or ())
    folders = dict.fromkeys((*environment.writable, *of_hosts))
    for index, file in enumerate(environment.runtime_files):
        for folder in folders:
            if may_match_below(file.path, folder):
                sentence = f"the file {shown(file.path)} may lie in {shown(folder)}, which php-fpm can write to"
                yield Clash(("runtime_files", "writable"), sentence, (index,))
                break


def may_match_below(glob: str, folder: str) -> bool:
    """Whether this glob may match a directory, or anything that may come to lie in it. In doubt it may."""
    parts = glob.split("/")
    reached = {0}
    for name in folder.split("/"):
        while passed := {at + 1 for at in reached if parts[at : at + 1] == ["**"]} - reached:
            reached |= passed
        reached = {at + (part != "**") for at in reached for part in parts[at : at + 1] if part == "**" or _fits(part, name)}
    return bool(reached)


def _fits(part: str, name: str) -> bool:
    if "\\" in part or "[:" in part:
        return any(wild in part for wild in "*?[") or part.replace("\\", "") == name
    return fnmatchcase(name, part.replace("[^", "[!"))


def _first(paths: Iterable[PurePosixPath], links: set[str]) -> str | None:
    """The nearest of these directories that is a persistent link; looked up, as there may be thousands of both."""
    return next((str(path) for path in paths if str(path) in links), None)
