"""Why AWS cannot be asked: one sentence, the exit code, and what to type, from what boto3 raised."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from tasks.config.inventory import UNTOUCHED
from tasks.config.words import nearest
from tasks.errors import ReleaseError, Unreachable, UsageError

LONGEST = 500
"""Characters of AWS's own words that are shown: a refusal may have a message of some thousands that only AWS can decode."""

WHO = "aws sts get-caller-identity"


@dataclass(frozen=True, slots=True)
class Reason:
    """A kind of failure.

    {region} stands for the region, {service} for the service and {key} for its key in hosts.yml, {action} for what was asked,
    {profile} for the words that name the profile in use.
    """

    what: str
    next: str
    error: type[ReleaseError] = Unreachable


LOGIN = Reason("the AWS login of this workstation is missing or has expired", "aws sso login{profile}")
NO_CREDENTIALS = Reason(
    "this workstation has no AWS credentials that can be used", "aws sso login{profile} # or aws configure{profile}"
)
UNKNOWN = Reason(
    "AWS does not take the credentials of this workstation",
    f"{WHO}{{profile}} # a clock that is wrong is a reason too: date -u",
)
FORBIDDEN = Reason(
    "AWS refuses: {action} is not allowed to these credentials",
    f"{WHO}{{profile}} # names whom to allow {{action}} ({{docs}})",
)
BUSY = Reason("{service} in {region} is asked too often (throttled)", "# the same again in a minute")
FAULTY = Reason("{service} in {region} has a fault of its own", "# the same again in a minute")
AWAY = Reason("{service} in {region} cannot be reached", f"{WHO}{{profile}} # a network, VPN or proxy in between?")
REFUSED = Reason("{service} in {region} refuses {action}", f"{WHO}{{profile}}")
FILTERS = Reason(
    "EC2 does not take the filters that hosts.yml has under address.ec2",
    "aws ec2 describe-instances help # has the names that --filters takes",
    UsageError,
)
GROUP = Reason(
    "there is no such target group in {region} as hosts.yml has under drain",
    "aws elbv2 describe-target-groups --region {region}{profile} --query TargetGroups[].TargetGroupArn",
    UsageError,
)
REGION = Reason("there is no region {region}", "# correct {key} in hosts.yml", UsageError)
UNASKED = Reason("{service} in {region} cannot be asked", f"{WHO}{{profile}}")
SETTINGS = Reason("the AWS settings of this workstation cannot be used", "aws configure list{profile}", UsageError)

MISTAKE = Reason("AWS does not take what hosts.yml says", "", UsageError)
"""What it does not take: each service has a reason of its own for it."""


class Service(NamedTuple):
    """A service: boto3's name for it, people's, the prefix of its actions, the keys that ask for it, and a mistake in them."""

    id: str
    name: str
    prefix: str
    key: str
    region: str
    mistake: Reason
    docs: str


EC2 = Service("ec2", "EC2", "ec2", "address: ec2", "address.ec2.region", FILTERS, "docs/ec2.md")
ELB = Service(
    "elbv2", "the load balancer", "elasticloadbalancing", "drain", "drain.target_group", GROUP, "docs/hosts-as-one.md"
)

RAISED = {
    "NoCredentialsError": NO_CREDENTIALS,
    "PartialCredentialsError": NO_CREDENTIALS,
    "CredentialRetrievalError": NO_CREDENTIALS,
    "NoAuthTokenError": NO_CREDENTIALS,
    "TokenRetrievalError": LOGIN,
    "SSOError": LOGIN,
    "LoginError": LOGIN,
    "ConnectionError": AWAY,
    "HTTPClientError": AWAY,
    "ParamValidationError": MISTAKE,
    "InvalidRegionError": REGION,
    "UnknownRegionError": REGION,
    "ResponseParserError": FAULTY,
    "ProfileNotFound": SETTINGS,
    "ConfigParseError": SETTINGS,
    "ConfigNotFound": SETTINGS,
    "InvalidConfigError": SETTINGS,
    "InvalidProxiesConfigError": SETTINGS,
    "InvalidDefaultsMode": SETTINGS,
    "MissingDependencyException": SETTINGS,
    "BotoCoreError": UNASKED,
    "ValueError": SETTINGS,
}
"""By the name of an exception, or of the nearest class that it is made from."""

ANSWERED = {
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"), LOGIN),
    **dict.fromkeys(("AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch"), UNKNOWN),
    **dict.fromkeys(("IncompleteSignature", "MissingAuthenticationToken", "InvalidAccessKeyId"), UNKNOWN),
    **dict.fromkeys(("UnauthorizedOperation", "AccessDenied", "AccessDeniedException"), FORBIDDEN),
    **dict.fromkeys(("RequestLimitExceeded", "Throttling", "ThrottlingException", "EC2ThrottledException"), BUSY),
    **dict.fromkeys(("InternalError", "InternalFailure", "Unavailable", "ServiceUnavailable"), FAULTY),
    "TargetGroupNotFound": MISTAKE,
    **dict.fromkeys(("FilterLimitExceeded", "UnknownParameter", "MalformedQueryString", "ValidationError"), MISTAKE),
}
"""By the code of an answer of AWS; every other code that begins with Invalid is a mistake."""


def failure(error: Exception, service: Service, region: str, regions: Sequence[str]) -> ReleaseError:
    """The error for people. `regions` are those that boto3 knows: there may be newer ones."""
    reason = _reason(error)
    asked = str(getattr(error, "operation_name", ""))
    if reason is MISTAKE:  # the same code means something else where something is to be changed
        reason = service.mistake if asked.startswith("Describe") or not asked else REFUSED
    if reason is AWAY and regions and region not in regions:
        reason = REGION
    hint = nearest(region, regions) if reason is REGION else ""
    profile = f" --profile {name}" if (name := os.environ.get("AWS_PROFILE")) else ""
    action = f"{service.prefix}:{asked}".rstrip(":")
    words = {"region": region, "service": service.name, "key": service.region, "docs": service.docs}
    words |= {"action": action, "profile": profile}
    return reason.error(
        reason.what.format(**words) + hint,
        details=[f"AWS: {_words(error)}"],
        state=UNTOUCHED,
        next=reason.next.format(**words),
    )


def _reason(error: Exception) -> Reason:
    if response := getattr(error, "response", None):
        return _of_answer(response)
    return next((RAISED[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in RAISED), AWAY)


def _of_answer(response: dict[str, Any]) -> Reason:
    code = str(response.get("Error", {}).get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in ANSWERED:
        return ANSWERED[code]
    if status >= 500:
        return FAULTY
    return MISTAKE if code.startswith("Invalid") else REFUSED


def _words(error: Exception) -> str:
    """AWS's own, on one line."""
    words = "".join(c if c.isprintable() else " " for c in str(error))
    words = " ".join(words.split()) or type(error).__name__
    return words if len(words) <= LONGEST else words[:LONGEST] + "..."
