"""A host's certificate, byte by byte: what it shows, and that nothing but the whole of it shows anything."""

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import SSHCertificateBuilder, SSHCertificateType
from hypothesis import given
from hypothesis import strategies as st

from tasks.remote.certificate import Certificate

NOW = 1_000_000
AUTHORITY, HOST = ed25519.Ed25519PrivateKey.generate(), ed25519.Ed25519PrivateKey.generate()
RSA = rsa.generate_private_key(65537, 2048)


def made(by: Any = AUTHORITY, key: Any = HOST, **values: Any) -> bytes:
    """A certificate for web1 that is good at NOW, but for these values."""
    given: dict[str, Any] = {"serial": 7, "type": SSHCertificateType.HOST, "key_id": b"id", "valid_principals": [b"web1"]}
    given |= {"valid_after": NOW - 10, "valid_before": NOW + 10, **values}
    builder = SSHCertificateBuilder().public_key(key.public_key())
    for option in given.pop("options", ()):
        builder = builder.add_critical_option(option, b"")
    for name, value in given.items():
        builder = getattr(builder, name)(value)
    return base64.b64decode(builder.sign(by).public_bytes().split()[1])


def fault(blob: bytes, name: str = "web1", now: float = NOW) -> str:
    return Certificate.parse(blob).fault(name, now)


GOOD = made()


@pytest.mark.parametrize("by", [AUTHORITY, RSA, *(ec.generate_private_key(c()) for c in (ec.SECP256R1, ec.SECP384R1))])
@pytest.mark.parametrize("key", [HOST, RSA, *(ec.generate_private_key(c()) for c in (ec.SECP256R1, ec.SECP521R1))])
def test_a_good_one_has_no_fault_whatever_the_keys(by: Any, key: Any) -> None:
    assert fault(made(by, key)) == ""


def test_it_names_its_authority() -> None:
    authority = Certificate.parse(made(RSA)).authority
    assert authority.kind == "ssh-rsa"
    assert Certificate.parse(GOOD).authority != authority


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"type": SSHCertificateType.USER}, "is a user's"),
        ({"valid_principals": [b"web2", b"*"]}, "is for 'web2', '*', not for 'web1'"),
        ({"valid_principals": [b"WEB1"]}, "not for 'web1'"),
        ({"options": [b"odd"]}, "critical option that is unknown here: 'odd'"),
    ],
)
def test_a_fault_is_named(values: dict[str, Any], why: str) -> None:
    assert why in fault(made(**values))


@pytest.mark.parametrize(
    ("now", "why"),
    [(NOW - 11, "is not valid before 1970-01-12"), (NOW - 10, ""), (NOW + 9, ""), (NOW + 10, "expired at 1970-01-12")],
)
def test_it_is_good_from_its_first_second_until_before_its_last(now: int, why: str) -> None:
    assert fault(GOOD, now=now).startswith(why)
    assert bool(fault(GOOD, now=now)) is bool(why)


def test_for_ever_has_no_date_and_needs_none() -> None:
    assert fault(made(valid_after=0, valid_before=2**64 - 1)) == ""
    assert "9999-12-31" in fault(made(valid_after=2**64 - 2, valid_before=2**64 - 1))


def test_a_signature_with_sha_1_does_not_count() -> None:
    good = made(RSA)
    body = good[: -(4 + 4 + len("rsa-sha2-512") + 4 + 256)]
    weak = RSA.sign(body, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    signature = b"".join(len(part).to_bytes(4, "big") + part for part in (b"ssh-rsa", weak))
    assert fault(body + len(signature).to_bytes(4, "big") + signature) == "is signed with 'ssh-rsa', which is not safe"


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_no_byte_of_it_can_be_another(at: int, change: int) -> None:
    spoilt = bytearray(GOOD)
    spoilt[at] ^= change
    try:
        found = Certificate.parse(bytes(spoilt))
    except ValueError:
        return
    assert found.fault("web1", NOW)


@given(st.binary())
def test_what_is_no_certificate_is_a_value_error(blob: bytes) -> None:
    for each in (blob, GOOD[: len(blob)], GOOD + blob[:1]):
        if each != GOOD:
            with pytest.raises(ValueError):  # noqa: PT011 whichever
                Certificate.parse(each)
