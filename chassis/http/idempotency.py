"""The cause of a request: its `Idempotency-Key`, so that a phone on a bad network may repeat
itself."""

import hashlib
import re
import secrets
from typing import Annotated

from fastapi import Depends, Header, Request

from chassis.domain import Cause, Refusal
from chassis.identity.guards import Asking, Principal

_RULE = "8-128 visible characters; a repeat with the same key changes nothing"
_KEY = re.compile(r"[\x21-\x7e]{8,128}")
_HEADER = Header(
    alias="Idempotency-Key", description=_RULE, json_schema_extra={"pattern": f"^{_KEY.pattern}$"}
)


async def cause_of(request: Request, who: Asking, key: Annotated[str, _HEADER] = "") -> Cause:
    """Without a key each request is a cause of its own."""
    if "idempotency-key" not in request.headers:
        return Cause(secrets.token_hex(16))
    if not _KEY.fullmatch(key):
        raise Refusal("bad_request", fields={"header.Idempotency-Key": "problem.key_invalid"})
    scope = request.scope  # `request.url` is built and taken apart again for each request
    identity = "\x1f".join((_subject(who), request.method, scope["path"], key))
    body = scope["query_string"] + b"\x1f" + await request.body()
    return Cause(
        hashlib.sha256(identity.encode()).hexdigest()[:32], hashlib.sha256(body).hexdigest()[:16]
    )


def _subject(who: Principal | None) -> str:
    return who.subject if who else "anonymous"


async def keyed_cause_of(request: Request, who: Asking, key: Annotated[str, _HEADER]) -> Cause:
    return await cause_of(request, who, key)


RequestCause = Annotated[Cause, Depends(cause_of)]
"""Annotate a route's parameter with this on every POST."""
KeyedCause = Annotated[Cause, Depends(keyed_cause_of)]
"""The same where the key is required: a repeat without one would be done a second time."""
