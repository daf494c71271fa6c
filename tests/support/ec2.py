"""EC2 on loopback: moto's server for what it can do, and a server of fixed answers for what only AWS does."""

import functools
import os
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NOBODY = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
SOMEBODY = {**NOBODY, "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example"}
REGION = "eu-west-1"
AN_IMAGE = "ami-12c6146b"
SERVER = """\
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""


class Account:
    """The account of moto's, made empty."""

    def __init__(self, endpoint: str) -> None:
        request = urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")  # noqa: S310 moto's, on loopback
        urllib.request.urlopen(request).close()  # noqa: S310
        self.client: Any
        self.balancers: Any
        self.endpoint = endpoint
        self.variables: dict[str, Any] = {**SOMEBODY, "AWS_ENDPOINT_URL": endpoint}
        self.client, self.balancers = (_session().client(name, endpoint_url=endpoint) for name in ("ec2", "elbv2"))

    def launch(self, count: int = 1, **tags: str) -> list[dict[str, Any]]:
        """Instances that run, one for each launch, with these tags."""
        named = [{"Key": key, "Value": value} for key, value in tags.items()]
        more = {"TagSpecifications": [{"ResourceType": "instance", "Tags": named}]} if named else {}
        return [
            self.client.run_instances(ImageId=AN_IMAGE, MinCount=1, MaxCount=1, **more)["Instances"][0] for _ in range(count)
        ]

    def target_group(self, *targets: str) -> str:
        """A group of these targets, instances or addresses; its ARN."""
        network = self.client.describe_vpcs()["Vpcs"][0]["VpcId"]
        kind = "instance" if targets[0].startswith("i-") else "ip"
        settings = {"Protocol": "HTTP", "Port": 80, "VpcId": network, "TargetType": kind}
        (made,) = self.balancers.create_target_group(Name="web", **settings)["TargetGroups"]
        self.balancers.register_targets(TargetGroupArn=made["TargetGroupArn"], Targets=[{"Id": each} for each in targets])
        return str(made["TargetGroupArn"])

    def targets(self, group: str) -> set[str]:
        """The ids of what is registered now."""
        found = self.balancers.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return {each["Target"]["Id"] for each in found}


@functools.cache
def _session() -> Any:
    """It reads what EC2 can be asked, a megabyte, once."""
    import boto3

    return boto3.Session("AKIAEXAMPLE", "example", region_name=REGION)


@contextmanager
def moto_server() -> Iterator[str]:
    """A server of moto's own, as long as this is entered; yields its URL. It loads too much for a process that forks."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.stdin.close()


class Answers(ThreadingHTTPServer):
    """Gives every question the same answer, and counts the questions."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(("127.0.0.1", 0), _Fixed)
        self.status, self.body, self.asked = status, body, 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Fixed(BaseHTTPRequestHandler):
    server: Answers

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked += 1
        body = self.server.body.encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def answering(status: int, body: str) -> Iterator[Answers]:
    """A server of one answer."""
    with Answers(status, body) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def refusal(code: str, message: str) -> str:
    """The body of an error of EC2."""
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return f'<?xml version="1.0"?><Response><Errors>{error}</Errors><RequestID>x</RequestID></Response>'
