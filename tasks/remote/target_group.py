"""A target group of a load balancer: its targets that are hosts of the fleet, taken out of it and put in again.

What is taken out is marked by a tag of the group first: the next run finds what a killed one has left out.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from tasks.errors import NotReleased, ReleaseError, typed
from tasks.remote.aws import Client
from tasks.remote.aws_failures import EC2, ELB

TAG = "fab-drained:"
"""Before the target in the key of a tag; its value says who took it out."""

SPARE, UNTIL_CHECKED = 60.0, 180.0
"""Seconds that a target may take beside those that the group's own settings allow: to leave, and to come in."""

HEALTHY, DRAINING, GONE = "healthy", "draining", "unused"
MARK = re.compile(rf"{TAG}(.+):(\d+)")
NO_ZONE = "-"
NOT_IN_A_TAG = re.compile(r"[^\w \t+\-=.:/@]", re.ASCII)


class Target(NamedTuple):
    """A port of an instance or of an IP address, as the group has it. `zone` is "" unless it was registered with one."""

    id: str
    port: int
    zone: str = ""

    def __str__(self) -> str:
        return f"{self.id}:{self.port}"

    @property
    def described(self) -> dict[str, Any]:
        """As the API takes it."""
        return {"Id": self.id, "Port": self.port, **({"AvailabilityZone": self.zone} if self.zone else {})}

    @property
    def typed(self) -> str:
        """As the AWS CLI takes it."""
        return ",".join(f"{key}={value}" for key, value in self.described.items())


class TargetGroup:
    """The group of an environment. Its methods may be called in any thread, and raise what `Client.asked` does."""

    def __init__(self, arn: str, by: str) -> None:
        """`by`: who is to be named as the one that took a target out."""
        self.arn, self.by = arn, NOT_IN_A_TAG.sub("_", by)
        self.region, self.name = arn.split(":")[3], arn.split("/")[-2]
        self.of: dict[str, list[Target]] = {}
        """The targets of each address, as they were found; those in `left` too."""
        self.left: dict[Target, str] = {}
        """Those of them that are out, with who took them out: a run that has ended, or one that is at work."""
        self.stale: list[Target] = []
        """Those that a tag says are out, and that are in."""
        self.out: dict[Target, None] = {}
        """Those that this run has taken out."""
        self.warnings: list[str] = []
        """What went wrong beside what was asked for."""
        self._elb, self._ec2 = Client(ELB, self.region), Client(EC2, self.region)
        self._one_at_a_time, self._over = threading.Lock(), False

    # -- which

    def find(self, hosts: Mapping[str, Sequence[str]]) -> None:
        """Learn which targets the hosts are. `hosts`: each address with all names that the host has.

        One that somebody else has just taken out, by hand, is none.
        """
        registered = [target for target, state in self.health().items() if state != DRAINING]
        marked = self._marked()
        targets = [*registered, *(target for target in marked if target not in registered)]
        names = self._names(targets, [name for each in hosts.values() for name in each])
        self.of = {address: [each for each in targets if names[each.id] & {*known}] for address, known in hosts.items()}
        ours = self.targets(hosts)
        self.left = {target: marked[target] for target in ours if target not in registered}
        self.stale = [target for target in ours if target in marked and target in registered]

    def health(self) -> dict[Target, str]:
        """Every target that is registered, with its state."""
        with self._elb.asked() as service:
            found = service.describe_target_health(TargetGroupArn=self.arn)["TargetHealthDescriptions"]
        return {_target(each["Target"]): each["TargetHealth"]["State"] for each in found}

    def targets(self, addresses: Iterable[str]) -> list[Target]:
        """Those of some hosts."""
        return [target for address in addresses for target in self.of.get(address, ())]

    def require_others(self, leaving: Sequence[Target]) -> None:
        """Raises NotReleased where no healthy target would be left without these."""
        health = self.health()
        if leaving and not any(state == HEALTHY and target not in leaving for target, state in health.items()):
            states = ", ".join(f"{target} {state}" for target, state in health.items())
            raise NotReleased(
                f"no healthy target would be left in {self.name} without {', '.join(map(str, leaving))}",
                details=[f"{self.name} has: {states or 'no target'}"],
                next="# a smaller `batch` in hosts.yml, or hosts that are healthy: " + self.command("describe-target-health"),
            )

    # -- out, and in again

    def take_out(self, targets: Sequence[Target]) -> float:
        """Send no new visitors to them. Seconds within which those that are there have left."""
        with self._one_at_a_time, self._elb.asked() as service:
            if self._over:
                return 0.0
            self.out.update(dict.fromkeys(targets))
            tags = [{"Key": f"{TAG}{target}", "Value": f"{target.zone or NO_ZONE} {self.by}"[:256]} for target in targets]
            service.add_tags(ResourceArns=[self.arn], Tags=tags)
            service.deregister_targets(TargetGroupArn=self.arn, Targets=[target.described for target in targets])
            attributes = service.describe_target_group_attributes(TargetGroupArn=self.arn)["Attributes"]
        known = {each["Key"]: each["Value"] for each in attributes}
        return float(known.get("deregistration_delay.timeout_seconds", 300)) + SPARE

    def put_in(self, targets: Sequence[Target]) -> float:
        """Send visitors to them again. Seconds within which the load balancer finds a healthy target healthy."""
        with self._one_at_a_time:
            self._register(targets)
        with self._elb.asked() as service:
            (group,) = service.describe_target_groups(TargetGroupArns=[self.arn])["TargetGroups"]
        return float(group["HealthCheckIntervalSeconds"] * (group["HealthyThresholdCount"] + 1)) + UNTIL_CHECKED

    def restore(self) -> list[Target]:
        """Put in again whatever is out, each by itself, and take out no more. Those that could not be put in."""
        with self._one_at_a_time:
            self._over = True
            for target in [*self.out]:
                with suppress(ReleaseError):
                    self._register([target])
            return [*self.out]

    def untag(self, targets: Sequence[Target]) -> None:
        """They are in. A tag that stays is a warning."""
        try:
            with self._elb.asked() as service:
                service.remove_tags(ResourceArns=[self.arn], TagKeys=[f"{TAG}{target}" for target in targets])
        except ReleaseError as problem:
            self.warnings.append(f"the tags of {self.name} that begin with {TAG} cannot be removed: {problem.what}")

    def leaving(self, targets: Sequence[Target]) -> dict[Target, str]:
        """Those of them that are still being drained, with the state."""
        health = self.health()
        return {target: health[target] for target in targets if health.get(target, GONE) != GONE}

    def unhealthy(self, targets: Sequence[Target]) -> dict[Target, str]:
        """Those of them that no visitors are sent to, with the state."""
        health = self.health()
        return {target: health.get(target, GONE) for target in targets if health.get(target) != HEALTHY}

    def registering(self, targets: Sequence[Target]) -> str:
        """The line that puts them in by hand."""
        return self.command("register-targets", "--targets", *(each.typed for each in targets))

    def command(self, *words: str) -> str:
        """A line of the AWS CLI about this group."""
        return typed("aws", "elbv2", words[0], "--region", self.region, "--target-group-arn", self.arn, *words[1:])

    def _register(self, targets: Sequence[Target]) -> None:
        with self._elb.asked() as service:
            service.register_targets(TargetGroupArn=self.arn, Targets=[target.described for target in targets])
        for target in targets:
            self.out.pop(target, None)
        self.untag(targets)

    # -- names

    def _marked(self) -> dict[Target, str]:
        """What the tags say is out, and who took it out."""
        with self._elb.asked() as service:
            (found,) = service.describe_tags(ResourceArns=[self.arn])["TagDescriptions"]
        marks = [(MARK.fullmatch(each["Key"]), each["Value"].partition(" ")) for each in found["Tags"]]
        return {Target(mark[1], int(mark[2]), zone.strip(NO_ZONE)): by for mark, (zone, _, by) in marks if mark}

    def _names(self, targets: Sequence[Target], known: Sequence[str]) -> dict[str, set[str]]:
        """What the host of each target is called: by the group, by DNS for an address, and by EC2 where that is needed."""
        names = {target.id: {target.id} for target in targets}
        for name in known:
            for address in _resolved(name) & names.keys():
                names[address].add(name)
        if any(not each & {*known} for each in names.values()):
            for each in self._instances([*names]):
                called = {each.get(field, "") for field in ("InstanceId", "PrivateIpAddress", "PublicIpAddress")}
                called |= {each.get(field, "") for field in ("PublicDnsName", "PrivateDnsName")}
                for id in called & names.keys():
                    names[id] |= called - {""}
        return names

    def _instances(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        by = "instance-id" if ids[0].startswith("i-") else "private-ip-address"
        with self._ec2.asked() as service:
            pages = service.get_paginator("describe_instances").paginate(Filters=[{"Name": by, "Values": [*ids]}])
            return [each for page in pages for reservation in page["Reservations"] for each in reservation["Instances"]]


def _target(described: Mapping[str, Any]) -> Target:
    return Target(described["Id"], int(described["Port"]), described.get("AvailabilityZone", ""))


def _resolved(name: str) -> set[str]:
    with suppress(OSError, UnicodeError):
        return {str(found[4][0]) for found in socket.getaddrinfo(name, None, proto=socket.IPPROTO_TCP)}
    return set()
