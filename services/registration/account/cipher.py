"""Personal fields: encrypted at rest with AES-256-GCM, found again by a keyed hash."""

import base64
import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class FieldCipher:
    """Encrypts single fields. `key` and `lookup_key` are 32 bytes each, given as 64 hex digits.

    A ciphertext is bound to `context` (as in `account.phone:acc_1`), so it cannot be moved to
    another field or person.
    """

    def __init__(self, key: str, lookup_key: str) -> None:
        self._cipher = AESGCM(_key(key, "FIELD_KEY"))
        self._lookup_key = _key(lookup_key, "LOOKUP_KEY")

    def encrypt(self, plain: str, context: str) -> str:
        nonce = secrets.token_bytes(12)
        sealed = self._cipher.encrypt(nonce, plain.encode(), context.encode())
        return "v1." + base64.urlsafe_b64encode(nonce + sealed).decode()

    def decrypt(self, sealed: str, context: str) -> str:
        """Raises cryptography.exceptions.InvalidTag when key, context or text do not fit
        together."""
        raw = base64.urlsafe_b64decode(sealed.removeprefix("v1."))
        return self._cipher.decrypt(raw[:12], raw[12:], context.encode()).decode()

    def lookup(self, plain: str, context: str) -> str:
        """The keyed hash that finds an equal value again without telling it."""
        return hmac.new(
            self._lookup_key, f"{context}\x1f{plain}".encode(), hashlib.sha256
        ).hexdigest()[:32]


def _key(text: str, name: str) -> bytes:
    key = bytes.fromhex(text)
    if len(key) != 32:
        raise ValueError(f"{name} must be 64 hex digits (32 bytes)")
    return key
