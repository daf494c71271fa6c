"""The one table of keys: everything that hosts.yml can say about an environment."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AliasPath, Discriminator, Field, Tag, model_validator
from pydantic.json_schema import SkipJsonSchema

from tasks.config import values
from tasks.config.ec2 import BesideEc2, Ec2, FromEc2
from tasks.config.section import Section, named
from tasks.config.service import AnyService
from tasks.config.values import BelowPath, HostPath, Many, ReadOnly, Text, User

DAY = 24 * 60 * 60

T = TypeVar("T")
Listed = Annotated[tuple[T, ...], Many]
Commands = Listed[Text]


class RuntimeFile(Section):
    """A file that is never in git, copied from the live release into the build."""

    path: BelowPath = Field(description="A glob, relative to the release.")
    optional: bool = Field(False, description="true: a release may do without it.")


class LinkTarget(Section):
    """Where a persistent link points to."""

    target: HostPath = Field(description="What the link points to on the host. It must exist.")
    mountpoint: HostPath | None = Field(None, description="What must be mounted before anything is built.")


class PersistentLink(LinkTarget):
    """A path in the release that is a link to a directory which outlives it."""

    path: values.LinkPath


class AppKeys(Section):
    """How one application of the repository is built."""

    path: values.InsidePath = Field(".", description="Where its commands run, relative to the release.")
    bootstrap: Commands = Field((), description="The commands that build it, in order.")
    inputs: Listed[values.Input] = Field((), description="What the build depends on (default: path); !PATH leaves one out.")
    drop: Listed[BelowPath] = Field((), description="What is not needed to run: left out.")


class App(AppKeys):
    """An application of the repository, built beside the others."""

    name: values.Name


class HealthCheck(Section):
    """A page that must answer, asked from the host itself."""

    url: values.HealthUrl = Field(description="http or https, as seen from the host.")
    headers: Annotated[Mapping[values.HeaderName, values.HeaderValue], *ReadOnly] = Field(
        default_factory=dict, validate_default=True, description="Sent with the request."
    )
    status: int = Field(200, ge=100, le=599, description="The status that means healthy.")
    contains: Text | None = Field(None, description="Text that the body must hold.")
    within: int = Field(30, ge=1, le=DAY, description="Seconds to become healthy.")


class PhpRequest(Section):
    """A request to the release that nobody sees yet, put to its pool of php-fpm."""

    php: BelowPath = Field(description="The file that answers, relative to the release.")
    url: values.RequestPath = Field("/", description="The path of the URL, with its query.")
    headers: Annotated[Mapping[values.HeaderName, values.HeaderValue], *ReadOnly] = Field(
        default_factory=dict, validate_default=True, description="Sent with the request."
    )
    status: int = Field(200, ge=100, le=599, description="The status that is expected.")
    contains: Text | None = Field(None, description="Text that the body must hold.")

    @property
    def label(self) -> str:
        """The words for this request on a screen."""
        return f"{self.php} {self.url}"


def _check_kind(value: Any) -> str:
    """Whether something in verify is a request or a command; a command with a colon in it is read as a mapping."""
    is_request = isinstance(value, PhpRequest) or (isinstance(value, dict) and bool({"php", "url"} & value.keys()))
    return "request" if is_request else "command"


AnyCheck = Annotated[
    Annotated[Text, Tag("command")] | Annotated[PhpRequest, Tag("request")],
    Discriminator(_check_kind),
]


AnyFile = Annotated[RuntimeFile, values.short(lambda path: {"path": path}, RuntimeFile)]
AnyTarget = Annotated[LinkTarget, values.short(lambda target: {"target": target}, LinkTarget)]
Port = Annotated[int, Field(ge=1, le=65535)]
Apps = Annotated[tuple[App, ...], named(dict[values.Name, AppKeys], App, "name")]


class Address(Section):
    """One host of several. Each key but `host` replaces that of the environment, for this host alone."""

    host: values.HostAddress = Field(description="Its name or address, or an alias of ssh_config.")
    port: Port | None = Field(None, description="The port of its sshd.")
    identity_file: Text | None = Field(None, description="A private key on the workstation.")
    host_key: values.HostKey | None = Field(None, description='Its public key, "ssh-ed25519 AAAA...".')
    apps: Apps | None = Field(None, description="What is built on it.")
    writable: Listed[BelowPath] | None = Field(None, description="Writable by the pool user of its php-fpm.")
    services: Listed[AnyService] | None = Field(None, description="Restarted on it, in order, after the swap.")
    health: Listed[HealthCheck] | None = Field(None, description="Asked of it after that.")


AnyAddress = Annotated[Address, values.short(lambda host: {"host": host}, Address)]
AnyAddresses = Annotated[
    tuple[AnyAddress, ...], Many, BesideEc2, values.short(lambda host: [host], tuple[AnyAddress, ...] | FromEc2)
]


class Drain(Section):
    """A load balancer of AWS, in a deploy. Needs boto3: requirements-ec2.txt, docs/hosts-as-one.md."""

    target_group: values.TargetGroup = Field(description="The ARN of the target group.")


class Settings(Section):
    """What `defaults` and every host may say. A host's key replaces the whole key of defaults."""

    addresses: AnyAddresses = Field(
        (), validation_alias="address", description="One address, or several that are released together."
    )
    ec2: SkipJsonSchema[Ec2 | None] = Field(None, validation_alias=AliasPath("address", "ec2"))
    repository: values.Repository = Field(description="What git fetches from. Access is by SSH key.")

    release_user: User = Field("ftsuser", description="Fetches, builds and swaps; needs no sudo.")
    service_user: User = Field("ubuntu", description="Restarts services with passwordless sudo.")
    port: Port = Field(22, description="The port of sshd.")
    identity_file: Text | None = Field(None, description="A private key on the workstation; else ssh_config, agent.")
    known_hosts_file: Text | None = Field(None, description="On the workstation; else what ssh uses.")
    host_key: values.HostKey | None = Field(None, description='The host\'s public key, "ssh-ed25519 AAAA..."; wins.')

    builds_dir: values.HostDirectory = Field("~/builds", description="Holds repo.git and the build in progress.")
    releases_dir: values.HostDirectory = Field("~/releases", description="Holds finished releases only.")
    live_link: values.LiveLink = Field("source", description="The link in the home directory that serves the site.")
    keep_releases: int = Field(5, ge=1, description="The live one and the one before it are kept, whatever this says.")

    path: Listed[values.SearchPath] = Field((), description="Put before PATH for release_user.")
    env: Annotated[Mapping[values.Variable, values.Literally], *ReadOnly] = Field(
        default_factory=dict, validate_default=True, description="Set for release_user's commands; literal; not for secrets."
    )

    runtime_files: Listed[AnyFile] = Field((), description="Copied from the live release.")
    persistent_links: Annotated[tuple[PersistentLink, ...], named(dict[values.LinkPath, AnyTarget], PersistentLink, "path")] = (
        Field((), description="A path in the release: what it points to on the host.")
    )
    apps: Apps = Field((), description="Built side by side; the commands of one app run in order.")
    carry_assets: Listed[BelowPath] = Field(
        (), description="Hashed assets of the live release that the new one lacks are copied in."
    )
    asset_pool: Listed[BelowPath] = Field(
        (), description="Files with a hash in their name outlive their release in ~/assets, for nginx to fall back to."
    )
    writable: Listed[BelowPath] = Field((), description="Writable by the pool user of php-fpm.")

    publish: Commands = Field((), description="Run in the release's final place, before the swap, in order.")
    verify: Listed[AnyCheck] = Field((), description="Commands, or requests to PHP, that must succeed before the swap.")
    migrate: Commands = Field((), description="Run on one host, when every host has built, before the first swap.")
    services: Listed[AnyService] = Field((), description="Restarted in order, after the swap.")
    health: Listed[HealthCheck] = Field((), description="Every check must pass after that.")
    batch: values.Batch | None = Field(None, description='Hosts at a time for swap, post-release and health: 1 or "25%".')
    drain: Drain | None = Field(None, description="A load balancer that each batch is taken out of while it changes; boto3.")
    pause: int = Field(0, ge=0, le=DAY, description="Seconds between two batches.")
    step_timeout: int = Field(1800, ge=1, le=DAY, description="Seconds for one command before the release is given up.")


class Environment(Settings):
    """A name under `hosts:`, with defaults applied: one or more addresses that are released together."""

    name: values.EnvironmentName

    @model_validator(mode="before")
    @classmethod
    def _address_is_the_name(cls, value: Any) -> Any:
        if isinstance(value, dict) and not {"address", "addresses", "ec2"} & value.keys():
            return {**value, "address": value.get("name")}
        return value
