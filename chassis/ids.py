"""Identifiers: opaque, with a short word in front that says of what."""

import hashlib
import secrets


def new_id(kind: str) -> str:
    """A new unguessable id, as in `rep_8f0c2e...` (80 random bits)."""
    return f"{kind}_{secrets.token_hex(10)}"


def derived_id(kind: str, *parts: str) -> str:
    """The id that these parts always give: a repeat of what made it finds what it made."""
    text = chr(31).join(parts).encode("utf-8", "surrogatepass")
    return f"{kind}_{hashlib.sha256(text).hexdigest()[:20]}"
