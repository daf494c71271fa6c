"""The instances of EC2 that are the hosts of an environment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from tasks.config.at_host import OWN
from tasks.config.inventory import UNTOUCHED
from tasks.config.stored import Stored
from tasks.errors import UsageError, typed
from tasks.remote.aws import Client
from tasks.remote.aws_failures import EC2

if TYPE_CHECKING:
    from tasks.config.ec2 import Ec2
    from tasks.config.models import Environment

PAGE = 500
"""Instances in one answer."""

ADDRESSES = {
    "private": ("private IPv4 address", ("PrivateIpAddress",)),
    "public": ("public IPv4 address", ("PublicIpAddress",)),
    "dns": ("DNS name", ("PublicDnsName", "PrivateDnsName")),
    "id": ("id", ("InstanceId",)),
}
"""What `use` asks for, and the fields of an instance that have it: the first that is not empty."""


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance that runs: where it is reached, its id, and when it was launched."""

    address: str
    id: str
    launched: datetime


def instances(ec2: Ec2) -> tuple[Instance, ...]:
    """Those that run now and match, in the order of launch time and id. It may be called in any thread.

    Raises UsageError where hosts.yml asks for what is not there, or boto3 is not installed, and Unreachable where EC2 cannot be
    asked or refuses.
    """
    fields = ADDRESSES[ec2.use][1]
    described = list(_described(ec2))
    if not described:
        raise UsageError(
            f"no instance that runs in {ec2.region} matches {_words(ec2.filters)}", state=UNTOUCHED, next=_by_hand(ec2)
        )
    found = [
        Instance(next(filter(None, map(each.get, fields)), ""), each["InstanceId"], each["LaunchTime"]) for each in described
    ]
    _check_addresses(found, ec2)
    return tuple(sorted(found, key=lambda each: (each.launched, each.id)))


def located(environment: Environment, ec2: Ec2) -> tuple[Environment, Mapping[str, str]]:
    """The environment with the addresses of its instances, and the id of each by its address. Raises as `instances` does."""
    ids = {each.address: each.id for each in instances(ec2)}
    addresses = tuple(Stored({**dict.fromkeys(OWN), "host": each}) for each in ids)
    return cast("Environment", Stored(vars(environment) | {"addresses": addresses})), ids


def addresses_now(ec2: Ec2) -> tuple[str, ...]:
    """Those of the instances that run now; none where none does. Raises Unreachable."""
    try:
        return tuple(each.address for each in instances(ec2))
    except UsageError:
        return ()


def _check_addresses(found: Sequence[Instance], ec2: Ec2) -> None:
    """Each has one of its own: private ones may be the same in two VPCs."""
    ids = defaultdict[str, list[str]](list)
    for each in sorted(found, key=lambda each: each.id):
        ids[each.address].append(each.id)
    kind = ADDRESSES[ec2.use][0]
    for address, names in ids.items():
        if not address:
            raise UsageError(
                f"{', '.join(names)} in {ec2.region}: no {kind}, and hosts.yml asks for one (use: {ec2.use})",
                state=UNTOUCHED,
                next="# another `use` under address.ec2 in hosts.yml, or a filter that leaves it out",
            )
        if len(names) > 1:
            raise UsageError(
                f"{', '.join(names)} in {ec2.region}: all have the {kind} {address}",
                state=UNTOUCHED,
                next="# a filter of vpc-id under address.ec2 in hosts.yml, or another `use`",
            )


def _described(ec2: Ec2) -> Iterator[dict[str, Any]]:
    """What EC2 says of each instance, page by page."""
    filters = {**ec2.filters, "instance-state-name": ("running",)}
    asked = [{"Name": name, "Values": list(values)} for name, values in filters.items()]
    with Client(EC2, ec2.region).asked() as service:
        pages = service.get_paginator("describe_instances")
        for page in pages.paginate(Filters=asked, PaginationConfig={"PageSize": PAGE}):
            yield from (each for reservation in page["Reservations"] for each in reservation["Instances"])


def _words(filters: Mapping[str, tuple[str, ...]]) -> str:
    return ", ".join(f"{name}={','.join(values)}" for name, values in filters.items())


def _by_hand(ec2: Ec2) -> str:
    """The command that lists what the filters match, in whatever state."""
    filters = [f"Name={name},Values={','.join(values)}" for name, values in ec2.filters.items()]
    query = "Reservations[].Instances[].[InstanceId,State.Name]"
    words = ["aws", "ec2", "describe-instances", "--region", ec2.region, "--filters", *filters]
    return typed(*words, "--output", "text", "--query", query)
