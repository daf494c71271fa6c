"""`address: {ec2: ...}`: the hosts of an environment are those instances of EC2 that run when a verb begins."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from tasks.config import values
from tasks.config.section import FREE_KEYS, Section
from tasks.config.values import Many, ReadOnly, Text
from tasks.config.words import shown


def _listed(value: Any) -> Any:
    """One value stands for a list of one."""
    if not isinstance(value, str | list | tuple):
        raise values.mistake("expected text, or a list of texts: put quotes around it")
    return [value] if isinstance(value, str) else value


Filter = Annotated[
    Text,
    values.refuse(r"\Ainstance-state-", "only running instances are released to: leave this filter out"),
]
FilterValues = Annotated[
    tuple[Text, ...],
    Many,
    BeforeValidator(_listed, json_schema_input_type=str | tuple[Text, ...]),
    values.refuse(lambda listed: not listed, "expected a value, or a list of values, found an empty list"),
]
Region = Annotated[Text, values.refuse(r"\A(?![a-z]{2,}(-[a-z]+)+-\d+\Z)", "expected a region such as eu-west-1, found {}")]


class Ec2(Section):
    """Instances of EC2, in the order of their launch. Needs boto3: requirements-ec2.txt, docs/ec2.md."""

    region: Region = Field(description="The region that is asked.")
    filters: Annotated[
        Mapping[Filter, FilterValues],
        *ReadOnly,
        values.refuse(lambda filters: not filters, "expected at least one filter: without any, every instance would be a host"),
    ] = Field(description="As for DescribeInstances: name and value, or a list of values; all must match; * and ? are wild.")
    use: Literal["private", "public", "dns", "id"] = Field(
        "private", description="The address: the private or public IPv4 address, the DNS name, or the id (for SSM)."
    )


class FromEc2(Section):
    """Addresses that are looked up when a verb begins."""

    ec2: Ec2 = Field(description="Instances of EC2.")


def no_addresses(value: Any) -> Any:
    """Nothing is an address where `ec2` stands in its place."""
    if not isinstance(value, dict) or "ec2" not in value:
        return value
    if value["ec2"] is None:
        raise values.mistake("expected a mapping after ec2:, found nothing")
    if others := [key for key in value if key != "ec2" and not str(key).startswith(FREE_KEYS)]:
        raise values.mistake(f"ec2 stands alone, and {', '.join(map(shown, map(str, others)))} stands beside it")
    return []


BesideEc2 = BeforeValidator(no_addresses)
