"""The cause of a request: its `Idempotency-Key`, so that a phone on a bad network may repeat
itself."""

import hashlib
import hmac
import re
import secrets
from typing import Annotated

from fastapi import Depends, Header, Request

from chassis.domain import KEYED, Cause, Refusal
from chassis.http.caller import caller_address
from chassis.identity.guards import Asking, Principal

_RULE = (
    "8-128 visible characters; a repeat with the same key changes nothing. "
    "Without a token: a random UUID, since others may have chosen an easier one"
)
_KEY = re.compile(r"[\x21-\x7e]{8,128}")
_HEADER = Header(
    alias="Idempotency-Key", description=_RULE, json_schema_extra={"pattern": f"^{_KEY.pattern}$"}
)
_HEX = re.compile(r"[0-9a-fA-F-]+")
_MIN_HEX, _MIN_OTHER = 32, 22
"""Digits, or other characters, that hold 128 bits."""
_MIN_DIFFERENT = 8
"""Of so many random digits fewer are different once in ten million keys."""


async def cause_of(request: Request, who: Asking, key: Annotated[str, _HEADER] = "") -> Cause:
    """Without a key each request is a cause of its own. A key is its account's own.

    Who has no account shares the keys with everybody, so there a key counts together with the
    body: another body is another cause, and nothing tells that the key was used. A key that could
    be chosen twice counts together with the address too, and does not prove who sent it.
    """
    if "idempotency-key" not in request.headers:
        return Cause(secrets.token_hex(16))
    if not _KEY.fullmatch(key):
        raise Refusal("bad_request", fields={"header.Idempotency-Key": "problem.key_invalid"})
    scope = request.scope  # `request.url` is built and taken apart again for each request
    body = scope["query_string"] + b"\x1f" + await request.body()
    fingerprint = hashlib.sha256(body).hexdigest()
    proven = who is not None or _is_random(key)
    parts = [_subject(who), request.method, scope["path"], key]
    if who is None:
        parts += [fingerprint, "" if proven else caller_address(request)]
    identity = "\x1f".join(parts).encode()
    # Kept with what the request changes, and in its back-ups. Under the key, which nobody keeps, it
    # confirms no guess of what the body said.
    kept = hmac.digest(key.encode(), body, "sha256").hex()[:16]
    return Cause(hashlib.sha256(identity).hexdigest()[:32], f"{KEYED}{kept}", proven)


def _subject(who: Principal | None) -> str:
    return who.subject if who else "anonymous"


def _is_random(key: str) -> bool:
    """Whether it has the form of 128 random bits, as a UUID has: nobody else has the same."""
    digits = key.replace("-", "").lower()
    enough = _MIN_HEX if _HEX.fullmatch(key) else _MIN_OTHER
    return len(digits) >= enough and len(set(digits)) >= _MIN_DIFFERENT


async def keyed_cause_of(request: Request, who: Asking, key: Annotated[str, _HEADER]) -> Cause:
    return await cause_of(request, who, key)


RequestCause = Annotated[Cause, Depends(cause_of)]
"""Annotate a route's parameter with this on every POST."""
KeyedCause = Annotated[Cause, Depends(keyed_cause_of)]
"""The same where the key is required: a repeat without one would be done a second time."""
