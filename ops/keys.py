"""The platform's keys, generated once. `python -m ops.keys [FOLDER]` writes those of the compose
stack.

FOLDER (default `/keys`) gets a folder per service that has keys, a volume of its own in compose,
with one file per setting. The keys are deleted with the volumes of the data that they encrypt.
"""

import hmac
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

COMPOSE_FOLDER = Path("/keys")
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


def write_once(file: Path, content: str) -> Path:
    """Writes `file`, readable by its owner only, unless it exists. Readers see all of it or
    nothing."""
    if file.exists():
        return file
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Written under another name first: a key truncated by a crash would make the data unreadable.
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY), "w") as out:
        out.write(content)
    draft.rename(file)
    return file


def write_compose_keys(folder: Path) -> None:
    """Writes `registration/` and `incidents/` in `folder`; existing files are left unchanged."""
    created = load_or_create(folder / "registration" / "made")
    for setting, value in {
        "registration/field_key": created.field_key,
        "registration/lookup_key": created.lookup_key,
        "registration/signing_key": created.signing_key,
        "registration/dev_key": created.dev_key,
        "incidents/field_key": created.incidents_field_key,
    }.items():
        write_once(folder / setting, value)


if __name__ == "__main__":
    write_compose_keys(Path(sys.argv[1]) if len(sys.argv) > 1 else COMPOSE_FOLDER)
