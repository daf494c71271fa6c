"""Whatever text a person puts into hosts.yml arrives as it is, and whatever bytes a file holds, there is no traceback."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from string import ascii_letters, digits
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.config.inventory import Inventory, load
from tasks.config.models import Address, App, Environment, HealthCheck, RuntimeFile
from tasks.config.service import RunService, SystemdService
from tasks.errors import UsageError

LITERAL = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
TEXT = LITERAL.filter(bool)
WORD = st.text(ascii_letters + digits + "._@*-é", min_size=1).filter(lambda word: not word.startswith("-"))
PLAIN = st.text(ascii_letters + digits + " '\"$`\\é", min_size=1)
PATH = st.lists(PLAIN, min_size=1, max_size=3).map("/".join)
VARIABLE = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]*", fullmatch=True).filter(
    lambda name: name not in ("PATH", "LIVE_LINK_NAME") and not name.startswith("RELEASE_")
)
HEADERS = st.dictionaries(st.text(ascii_letters + "-", min_size=1), LITERAL.filter(lambda text: not set(text) & set("\r\n")))


def lists(of: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, max_size=3).map(tuple)


APP = st.builds(App, name=PLAIN.filter(lambda name: not name.isspace()), path=PATH, bootstrap=lists(TEXT), drop=lists(PATH))
SERVICES = lists(TEXT.map(lambda text: RunService(command=text)) | WORD.map(lambda word: SystemdService(name=word)))
ADDRESS = st.builds(
    Address,
    host=WORD.filter(lambda word: "@" not in word),
    port=st.none() | st.integers(1, 65535),
    services=st.none() | SERVICES,
)
ENVIRONMENT = st.builds(
    Environment,
    name=st.text(ascii_letters + digits + "._é", min_size=1),
    addresses=st.lists(ADDRESS, min_size=1, max_size=3, unique_by=lambda address: address.host.lower()).map(tuple),
    repository=PATH.filter(lambda path: path == path.strip()),
    port=st.integers(1, 65535),
    identity_file=st.none() | TEXT,
    keep_releases=st.integers(1, 10**9),
    path=lists(PATH),
    env=st.dictionaries(VARIABLE, LITERAL, max_size=4),
    runtime_files=lists(st.builds(RuntimeFile, path=PATH, optional=st.booleans())),
    apps=st.lists(APP, max_size=3, unique_by=lambda app: app.name).map(tuple),
    publish=lists(TEXT),
    migrate=lists(TEXT),
    services=SERVICES,
    health=lists(st.builds(HealthCheck, url=st.just("http://h/"), headers=HEADERS, contains=st.none() | TEXT)),
)


def as_keys(environment: Environment) -> dict[str, Any]:
    """The block of hosts.yml that says the same."""
    keys = environment.model_dump(mode="json", exclude={"name", "addresses", "ec2", "persistent_links", "apps", "services"})
    apps = {app.name: app.model_dump(mode="json", exclude={"name"}) for app in environment.apps}
    addresses = [address_keys(each) for each in environment.addresses]
    return {**keys, "address": addresses, "services": service_keys(environment.services), "apps": apps}


def address_keys(address: Address) -> dict[str, Any]:
    services = {} if address.services is None else {"services": service_keys(address.services)}
    return {"host": address.host, **({"port": address.port} if address.port else {}), **services}


def service_keys(services: tuple[Any, ...]) -> list[dict[str, str]]:
    return [{"run": each.command} if isinstance(each, RunService) else {"systemd": each.name} for each in services]


def loaded(content: bytes) -> Inventory:
    with TemporaryDirectory() as folder:
        path = Path(folder, "hosts.yml")
        path.write_bytes(content)
        return load(path)


def as_json(document: Any) -> str:
    """JSON is YAML, but for the one control character that it may hold as it is."""
    return json.dumps(document).replace("\x7f", r"\u007f")


def as_yaml(document: Any) -> str:
    return yaml.safe_dump(document, sort_keys=False)


@given(ENVIRONMENT, st.sampled_from([as_json, as_yaml]))
def test_an_environment_written_as_yaml_is_read_as_the_same(environment: Environment, written: Callable[[Any], str]) -> None:
    document = written({"hosts": {environment.name: as_keys(environment)}})
    assert dict(loaded(document.encode()).environments) == {environment.name: environment}


@given(st.binary() | st.text().map(str.encode))
@example(b"hosts: {a: {repository: x}}")
def test_arbitrary_bytes_give_an_inventory_or_a_clear_error(content: bytes) -> None:
    with contextlib.suppress(UsageError):
        assert loaded(content).environments


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=["Cs"])) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abx-.") | st.integers(), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.dictionaries(st.sampled_from([*Environment.model_fields, "address", "x-free"]), ANYTHING, max_size=5)


def told(content: bytes) -> tuple[str, ...]:
    try:
        loaded(content)
    except UsageError as error:
        return error.details
    return ()


@given(KEYS, st.dictionaries(st.text("ab -,", max_size=3), KEYS | ANYTHING, max_size=3))
def test_arbitrary_values_for_known_keys_are_told_in_single_lines_with_a_place(defaults: Any, hosts: Any) -> None:
    lines = told(yaml.safe_dump({"defaults": defaults, "hosts": hosts}).encode())
    assert [line for line in lines if not line.startswith(("defaults", "hosts")) or not line.isprintable()] == []
