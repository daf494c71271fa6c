"""An environment as one of its hosts has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tasks.config.stored import Stored

if TYPE_CHECKING:
    from tasks.config.models import Address, Environment

OWN = ("port", "identity_file", "host_key", "apps", "writable", "services", "health")
"""What an address may say for itself: in place of what the environment says."""


def at_host(environment: Environment, address: Address) -> Environment:
    """The environment with the address's own keys in place of its own."""
    own = {key: value for key in OWN if (value := getattr(address, key)) is not None}
    return cast("Environment", Stored(vars(environment) | own)) if own else environment
