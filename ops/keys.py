"""The platform's keys, generated once. `python -m ops.keys [FOLDER]` writes those of the compose
stack.

FOLDER (default `/keys`) gets a folder for each service, each store and the operator, volumes of
their own in compose, with one file per setting. The keys are deleted with the volumes of the data
that they encrypt.
"""

import hmac
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ops.files import write_once
from ops.store_keys import Addresses, write_store_keys

COMPOSE_FOLDER = Path("/keys")
KEY_BYTES = 32


@dataclass(frozen=True)
class Secrets:
    """What the services are given. Keys are hexadecimal; the signing key is a P-256 key in PEM
    (PKCS #8)."""

    signing_key_file: Path
    field_key: str
    lookup_key: str
    dev_key: str

    @property
    def incidents_field_key(self) -> str:
        """The key of incidents, from which registration's cannot be derived."""
        return hmac.digest(bytes.fromhex(self.field_key), b"incidents", "sha256").hex()

    @property
    def signing_key(self) -> str:
        """The signing key's PEM text."""
        return self.signing_key_file.read_text()


def load_or_create(folder: Path) -> Secrets:
    """Reads the secrets in `folder`; generates those that are missing."""
    return Secrets(
        signing_key_file=write_once(folder / "signing-key.pem", _signing_key()),
        field_key=write_once(folder / "field-key", secrets.token_hex(KEY_BYTES)).read_text(),
        lookup_key=write_once(folder / "lookup-key", secrets.token_hex(KEY_BYTES)).read_text(),
        dev_key=write_once(folder / "dev-key", secrets.token_urlsafe(18)).read_text(),
    )


def _signing_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def write_compose_keys(folder: Path) -> None:
    """Writes a folder for each service, each store and the operator. Keys and passwords are made
    once."""
    created = load_or_create(folder / "registration" / "made")
    for setting, value in {
        "registration/field_key": created.field_key,
        "registration/lookup_key": created.lookup_key,
        "registration/signing_key": created.signing_key,
        "registration/dev_key": created.dev_key,
        "incidents/field_key": created.incidents_field_key,
    }.items():
        write_once(folder / setting, value)
    write_store_keys(folder, Addresses(folder=str(folder)))


if __name__ == "__main__":
    write_compose_keys(Path(sys.argv[1]) if len(sys.argv) > 1 else COMPOSE_FOLDER)
