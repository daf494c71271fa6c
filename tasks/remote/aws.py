"""Questions to AWS. boto3 is imported here alone, and only when hosts.yml asks for something of AWS."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tasks.config.inventory import PROJECT, UNTOUCHED
from tasks.errors import UsageError, typed
from tasks.remote.aws_failures import Service, failure

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 5, 20, 3
"""For one question."""


@contextmanager
def client(service: Service, region: str) -> Iterator[Any]:
    """boto3's client of a service; what it raises within becomes an error for people.

    Raises UsageError where hosts.yml asks for what is not there, or boto3 is not installed, and Unreachable where AWS cannot be
    asked or refuses.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError
    except ImportError as error:
        raise UsageError(
            f"`{service.key}` needs boto3, which is not installed here: {error}",
            state=UNTOUCHED,
            next=typed(sys.executable, "-m", "pip", "install", "-r", str(PROJECT / "requirements-ec2.txt")),
        ) from None
    retries = {"total_max_attempts": ATTEMPTS, "mode": "standard"}
    config = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries=retries)
    regions: list[str] = []
    try:
        session = boto3.Session()
        regions = [
            name
            for partition in session.get_available_partitions()
            for name in session.get_available_regions(service.id, partition)
        ]
        yield session.client(service.id, region_name=region, config=config)
    except (BotoCoreError, ClientError, ResponseParserError, ValueError, OSError) as error:
        raise failure(error, service, region, regions) from error
