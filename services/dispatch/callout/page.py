"""Cursors of lists that are newest first: where the last page ended. Opaque to those who pass them
on."""

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import TypeAdapter, ValidationError

from chassis.domain import Refusal
from chassis.http.schemas import UtcDatetime
from services.dispatch.callout.state import Callout

Place = tuple[datetime, str]
"""Of a call-out among the others: when it opened, and its id, as several may open in one
millisecond."""
Cursor = Annotated[str | None, Query(max_length=120, description="`next` of the page before")]
_MOMENT = TypeAdapter[datetime](UtcDatetime)


def cursor_of(callout: Callout) -> str:
    return f"{callout.opened_at.isoformat()}~{callout.id}"


def place_of(cursor: str | None) -> Place | None:
    """Raises a 422 problem for what no page gave."""
    if cursor is None:
        return None
    moment, _, id = cursor.partition("~")
    try:
        return _MOMENT.validate_strings(moment), id
    except ValidationError:
        raise Refusal("bad_request", fields={"query.cursor": "problem.cursor_invalid"}) from None
