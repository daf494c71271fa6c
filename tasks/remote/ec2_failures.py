"""Why EC2 cannot be asked: one sentence, the exit code, and what to type, from what boto3 raised."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tasks.config.inventory import UNTOUCHED
from tasks.config.words import nearest
from tasks.errors import ReleaseError, Unreachable, UsageError

LONGEST = 500
"""Characters of AWS's own words that are shown: a refusal may have a message of some thousands that only AWS can decode."""

WHO = "aws sts get-caller-identity"


@dataclass(frozen=True, slots=True)
class Reason:
    """A kind of failure. {region} stands for the region, {profile} for the words that name the profile in use."""

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
    "AWS refuses: ec2:DescribeInstances is not allowed to these credentials",
    f"{WHO}{{profile}} # names whom to allow ec2:DescribeInstances (docs/ec2.md)",
)
BUSY = Reason("EC2 in {region} is asked too often (throttled)", "# the same again in a minute")
FAULTY = Reason("EC2 in {region} has a fault of its own", "# the same again in a minute")
AWAY = Reason("EC2 in {region} cannot be reached", f"{WHO}{{profile}} # a network, VPN or proxy in between?")
REFUSED = Reason("EC2 in {region} refuses to list instances", f"{WHO}{{profile}}")
FILTERS = Reason(
    "EC2 does not take the filters that hosts.yml has under address.ec2",
    "aws ec2 describe-instances help # has the names that --filters takes",
    UsageError,
)
REGION = Reason("there is no region {region}", "# correct address.ec2.region in hosts.yml", UsageError)
UNASKED = Reason("EC2 in {region} cannot be asked", f"{WHO}{{profile}}")
SETTINGS = Reason("the AWS settings of this workstation cannot be used", "aws configure list{profile}", UsageError)

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
    "ParamValidationError": FILTERS,
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
    **dict.fromkeys(("FilterLimitExceeded", "UnknownParameter", "MalformedQueryString", "ValidationError"), FILTERS),
}
"""By the code of an answer of AWS; every other code that begins with Invalid is of the filters."""


def failure(error: Exception, region: str, regions: Sequence[str]) -> ReleaseError:
    """The error for people. `regions` are those that boto3 knows: there may be newer ones."""
    reason = _reason(error)
    if reason is AWAY and regions and region not in regions:
        reason = REGION
    hint = nearest(region, regions) if reason is REGION else ""
    profile = f" --profile {name}" if (name := os.environ.get("AWS_PROFILE")) else ""
    return reason.error(
        reason.what.format(region=region) + hint,
        details=[f"AWS: {_words(error)}"],
        state=UNTOUCHED,
        next=reason.next.format(profile=profile),
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
    return FILTERS if code.startswith("Invalid") else REFUSED


def _words(error: Exception) -> str:
    """AWS's own, on one line."""
    words = "".join(c if c.isprintable() else " " for c in str(error))
    words = " ".join(words.split()) or type(error).__name__
    return words if len(words) <= LONGEST else words[:LONGEST] + "..."
