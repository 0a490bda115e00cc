"""The platform's own secrets: made once by this machine, readable by their owner only."""

import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

KEY_BYTES = 32
OWNER_ONLY = 0o600


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
        """Another key for incidents, from which registration's cannot be found."""
        return hmac.digest(bytes.fromhex(self.field_key), b"incidents", "sha256").hex()

    @property
    def signing_key(self) -> str:
        """The signing key's PEM text."""
        return self.signing_key_file.read_text()


def secrets_in(folder: Path) -> Secrets:
    """Reads the secrets of `folder`, making those that are not there yet."""
    return Secrets(
        signing_key_file=made_once(folder / "signing-key.pem", _signing_key()),
        field_key=made_once(folder / "field-key", secrets.token_hex(KEY_BYTES)).read_text(),
        lookup_key=made_once(folder / "lookup-key", secrets.token_hex(KEY_BYTES)).read_text(),
        dev_key=made_once(folder / "dev-key", secrets.token_urlsafe(18)).read_text(),
    )


def _signing_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def made_once(file: Path, content: str) -> Path:
    """Writes `file`, for its owner only, unless it is there; whoever reads meanwhile sees all of it
    or nothing."""
    if file.exists():
        return file
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Written under another name first: a secret cut short by a crash would lock its owner out of
    # the data.
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY), "w") as out:
        out.write(content)
    draft.rename(file)
    return file
