"""Questions to AWS. boto3 is imported here alone, and only when hosts.yml asks for something of AWS."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tasks.config.inventory import PROJECT, UNTOUCHED
from tasks.errors import UsageError, typed
from tasks.remote.aws_failures import Service, failure

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 5, 20, 3
"""For one question."""


class Client:
    """boto3's client of a service in a region, made when it is first asked for, and kept. It may be used in any thread."""

    def __init__(self, service: Service, region: str) -> None:
        self._service, self._region = service, region
        self._made: Any = None
        self._regions: list[str] = []
        self._one_at_a_time = threading.Lock()

    @contextmanager
    def asked(self) -> Iterator[Any]:
        """The client; what it raises within becomes an error for people.

        Raises UsageError where hosts.yml asks for what is not there, or boto3 is not installed, and Unreachable where AWS
        cannot be asked or refuses.
        """
        try:
            import boto3
            from botocore.exceptions import BotoCoreError, ClientError
            from botocore.parsers import ResponseParserError
        except ImportError as error:
            raise UsageError(
                f"`{self._service.key}` needs boto3, which is not installed here: {error}",
                state=UNTOUCHED,
                next=typed(sys.executable, "-m", "pip", "install", "-r", str(PROJECT / "requirements-ec2.txt")),
            ) from None
        try:
            with self._one_at_a_time:
                self._made = self._made or self._client(boto3.Session())
            yield self._made
        except (BotoCoreError, ClientError, ResponseParserError, ValueError, OSError) as error:
            raise failure(error, self._service, self._region, self._regions) from error

    def _client(self, session: Any) -> Any:
        from botocore.config import Config

        name, partitions = self._service.id, session.get_available_partitions()
        self._regions = [region for partition in partitions for region in session.get_available_regions(name, partition)]
        retries = {"total_max_attempts": ATTEMPTS, "mode": "standard"}
        config = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries=retries)
        return session.client(name, region_name=self._region, config=config)
