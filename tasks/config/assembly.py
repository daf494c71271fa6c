"""From what the file says to environments: defaults and each host's own keys are judged apart, then what they make together.

So a mistake in defaults is reported once, and every mistake of the file in one run.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from tasks.config.checks import clashes
from tasks.config.mistakes import Mistake, Where, findings, kind
from tasks.config.models import Environment, Settings
from tasks.config.section import FREE_KEYS
from tasks.config.values import EnvironmentName
from tasks.config.words import nearest, shown

DEFAULTS, HOSTS, REPOSITORY = "defaults", "hosts", "repository"
NAMES = TypeAdapter(dict[EnvironmentName, Any])
AS_WRITTEN: Any = {"by_alias": True, "by_name": False}
STAND_IN = {REPOSITORY: "stands in for one that is missing or wrong"}


class Block(NamedTuple):
    """A mapping of settings in the file, and what is wrong with it by itself."""

    where: Where
    keys: Mapping[str, Any]
    mistakes: list[Mistake]

    @property
    def repository(self) -> bool:
        """Whether it has the one required key, or a misspelt one that is reported already."""
        return REPOSITORY in self.keys or any(nearest(key, (REPOSITORY,)) for key in self.wrong)

    @property
    def wrong(self) -> set[str]:
        """Its keys that cannot be judged together with others."""
        return {str(each.where[len(self.where)]) for each in self.mistakes if len(each.where) > len(self.where)}


def assemble(document: object) -> tuple[dict[str, Environment], list[Mistake]]:
    """The environments of a document and every mistake in it; with a mistake, the environments are not to be used."""
    if not isinstance(document, dict):
        return {}, [Mistake((), f"expected a mapping with hosts: in it, found {kind(document)}")]
    hosts = found if isinstance(found := document.get(HOSTS), dict) else {}
    misnamed = _judged((HOSTS,), hosts, NAMES.validate_python)
    defaults = _block((DEFAULTS,), document.get(DEFAULTS))
    blocks = {name: _block((HOSTS, name), value) for name, value in hosts.items()}
    mistakes = [*_outermost(document), *defaults.mistakes, *misnamed]
    mistakes += [each for block in blocks.values() for each in block.mistakes]
    mistakes += _repositories(defaults, list(blocks.values()))
    refused = {each.where[1] for each in misnamed}
    merged = {name: _merge(name, defaults, block) for name, block in blocks.items() if name not in refused}
    for name, environment in merged.items():
        mistakes += _clashes(environment, defaults, blocks[name])
    mistakes += _two_locks(merged)
    return merged, list(dict.fromkeys(mistakes))


def _outermost(document: dict[str, Any]) -> Iterator[Mistake]:
    for key in document:
        if key not in (DEFAULTS, HOSTS) and not key.startswith(FREE_KEYS):
            yield Mistake((key,), "is not a known key" + nearest(key, (DEFAULTS, HOSTS)))
    hosts = document.get(HOSTS)
    there = isinstance(hosts, dict) and hosts
    if not there and not any(nearest(key, (HOSTS,)) for key in document.keys() - {DEFAULTS, HOSTS}):
        found = "an empty one" if hosts == {} else kind(hosts)
        yield Mistake((HOSTS,), f"expected a mapping that names at least one environment, found {found}")


def _judged(where: Where, keys: dict[str, Any], judge: Callable[[Any], object]) -> list[Mistake]:
    try:
        judge(keys)
    except ValidationError as error:
        return [Mistake((*where, *each.where), each.sentence) for each in findings(error, keys)]
    return []


def _block(where: Where, value: object) -> Block:
    if not isinstance(value, dict | None):
        return Block(where, {}, [Mistake(where, f"expected a mapping of settings, found {kind(value)}")])
    keys = value or {}
    return Block(where, keys, _judged(where, keys, lambda each: Settings.model_validate(STAND_IN | each, **AS_WRITTEN)))


def _repositories(defaults: Block, blocks: list[Block]) -> list[Mistake]:
    """The one required key: reported once where no host has it, and not at all where it is there but misspelt."""
    without = [] if defaults.repository else [block for block in blocks if not block.repository]
    places = [defaults] if blocks and len(without) == len(blocks) else without
    return [Mistake((*block.where, REPOSITORY), "is required: what git fetches the site from") for block in places]


def _wrong(defaults: Block, block: Block) -> set[str]:
    return block.wrong | (defaults.wrong - block.keys.keys())


def _merge(name: str, defaults: Block, block: Block) -> Environment:
    """The environment, without the keys whose mistakes are reported already."""
    wrong = _wrong(defaults, block)
    sound = {key: value for key, value in {**defaults.keys, **block.keys}.items() if key not in wrong}
    return Environment.model_validate({**STAND_IN, **sound, "name": name}, **AS_WRITTEN)


def _two_locks(environments: dict[str, Environment]) -> Iterator[Mistake]:
    """Environments that move one link on one host have one lock there, which lies in builds_dir."""
    seen: dict[tuple[object, ...], Environment] = {}
    for name, environment in environments.items():
        for machine, called in _machines(environment):
            link = environment.live_link
            other = seen.setdefault((machine, environment.release_user, link), environment)
            if other.builds_dir != environment.builds_dir:
                sentence = f"must be {shown(other.builds_dir)}, as {other.name} has it: both move {link} on {called}"
                yield Mistake((HOSTS, name, "builds_dir"), sentence)


def _machines(environment: Environment) -> Iterator[tuple[object, str]]:
    """What distinguishes its hosts from others, and their names; those of EC2 all at once."""
    for address in environment.addresses:
        yield (address.host.lower(), address.port or environment.port), address.host
    if asked := environment.ec2:
        filters = frozenset((name, frozenset(values)) for name, values in asked.filters.items())
        yield (asked.region, filters), f"the same instances of EC2 in {asked.region}"


def _clashes(environment: Environment, defaults: Block, block: Block) -> Iterator[Mistake]:
    """Reported where the host has it, or in defaults where the host only inherits it."""
    for clash in clashes(environment):
        if not _wrong(defaults, block) & set(clash.keys):
            said = next((each for each in (block, defaults) if each.keys.keys() & set(clash.keys)), block)
            key = next((key for key in clash.keys if key in said.keys), clash.keys[0])
            yield Mistake((*said.where, key, *(clash.inside if key == clash.keys[0] else ())), clash.sentence)
