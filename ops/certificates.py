"""A certificate authority of the stack's own, and the certificates of its stores."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = timedelta(days=5 * 365)
RENEWED = timedelta(days=180)
"""So long before its end a store's certificate is made anew."""


_SIGNS = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True)
class Pair:
    """A key (PKCS #8) and its certificate, in PEM."""

    key: str
    certificate: str


def new_authority(now: datetime) -> Pair:
    """Valid twice as long as what it signs."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("stores of this stack")
    built = (
        _builder(name, name, key.public_key(), key.public_key(), now, 2 * VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_SIGNS, critical=True)
    )
    return _pair(key, built.sign(key, hashes.SHA256()))


def new_certificate(authority: Pair, host: str, now: datetime) -> Pair:
    """For a store that is reached as `host`, and as localhost in its own container."""
    key = ec.generate_private_key(ec.SECP256R1())
    signer = load_pem_private_key(authority.key.encode(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise ValueError("the authority's key is not an EC key")
    issuer = x509.load_pem_x509_certificate(authority.certificate.encode()).subject
    names = [
        x509.DNSName(host),
        x509.DNSName("localhost"),
        x509.IPAddress(IPv4Address("127.0.0.1")),
    ]
    # A member of a replica set is also a client of the others.
    usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    built = (
        _builder(_name(host), issuer, key.public_key(), signer.public_key(), now, VALID)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage(usage), critical=False)
    )
    return _pair(key, built.sign(signer, hashes.SHA256()))


def is_current(certificate: str, now: datetime) -> bool:
    """Whether it need not be made anew yet."""
    found = x509.load_pem_x509_certificate(certificate.encode())
    return found.not_valid_after_utc - now > RENEWED


def _name(common: str) -> x509.Name:
    # MongoDB takes those of one organisation and unit for members of one replica set.
    parts = {NameOID.ORGANIZATION_NAME: "quancheng", NameOID.ORGANIZATIONAL_UNIT_NAME: "stores"}
    named = [x509.NameAttribute(kind, value) for kind, value in parts.items()]
    return x509.Name([*named, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePublicKey,
    now: datetime,
    valid: timedelta,
) -> x509.CertificateBuilder:
    """With the key identifiers that a strict reader asks for, as Python from 3.13 on."""
    # From yesterday on: a store's clock may be behind.
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - timedelta(days=1))
        .not_valid_after(now.astimezone(UTC) + valid)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
    )


def _pair(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> Pair:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Pair(private.decode(), certificate.public_bytes(Encoding.PEM).decode())
