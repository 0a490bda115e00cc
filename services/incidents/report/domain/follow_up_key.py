"""The key of an anonymous report: proves who filed it. Only its hash is stored."""

import hashlib
import hmac


class FollowUpKeys:
    """Derives each key from the report's id, so that a repeated request gets the same key again.

    `field_key` is the service's secret; it must be the same on all replicas.
    """

    def __init__(self, field_key: str) -> None:
        self._secret = hashlib.sha256(b"follow-up key\x1f" + field_key.encode()).digest()

    def issue(self, report: str) -> str:
        """The key of the report with this id."""
        message = f"follow-up\x1f{report}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()[:24]


def hash_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def is_key(stored_hash: str | None, key: str) -> bool:
    """Whether the key is the one whose hash is stored; never for a report that is not anonymous."""
    return stored_hash is not None and hmac.compare_digest(stored_hash, hash_key(key))
