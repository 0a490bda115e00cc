"""Causes: what a change came from, so that a repeat of it changes nothing."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request

from chassis.edge.auth import Principal, principal_or_none
from chassis.ids import derived_id
from chassis.problem import Problem

_RULE = "8-128 visible characters; a repeat with the same key changes nothing"
_KEY = re.compile(r"[\x21-\x7e]{8,128}")
_HEADER = Header(
    alias="Idempotency-Key", description=_RULE, json_schema_extra={"pattern": f"^{_KEY.pattern}$"}
)


@dataclass(frozen=True)
class Cause:
    """A request with its `Idempotency-Key`, or a message with its id.

    The store keeps `mark` with the change it caused, in the same document.
    """

    id: str
    fingerprint: str = ""

    @property
    def mark(self) -> str:
        return f"{self.id}#{self.fingerprint}"

    def derive(self, kind: str, *parts: str) -> str:
        """The id of what this cause creates: a repeat gives the same one."""
        return derived_id(kind, self.id, *parts)


async def cause_of(
    request: Request,
    who: Annotated[Principal | None, Depends(principal_or_none)],
    key: Annotated[str | None, _HEADER] = None,
) -> Cause:
    if key is None:
        return Cause(secrets.token_hex(16))
    if not _KEY.fullmatch(key):
        raise Problem(422, "bad_request", fields={"header.Idempotency-Key": "problem.key_invalid"})
    subject = who.subject if who else "anonymous"
    identity = hashlib.sha256(
        "\x1f".join((subject, request.method, request.url.path, key)).encode()
    ).hexdigest()[:32]
    body = request.url.query.encode() + b"\x1f" + await request.body()
    return Cause(identity, hashlib.sha256(body).hexdigest()[:16])


RequestCause = Annotated[Cause, Depends(cause_of)]
"""Annotate a route's parameter with this on every POST."""
