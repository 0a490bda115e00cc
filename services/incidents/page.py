"""Cursors of lists that are newest first: where the last page ended. Opaque to those who pass them
on."""

import base64
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query

from chassis.domain import Refusal

Cursor = Annotated[str | None, Query(max_length=200, description="`next` of the page before")]


def cursor_of(at: datetime, id: str) -> str:
    return (
        base64.urlsafe_b64encode(f"{round(at.timestamp() * 1000)}~{id}".encode())
        .decode()
        .rstrip("=")
    )


def read_cursor(cursor: str) -> tuple[datetime, str]:
    """The time and id where the page before ended. Raises Refusal (422) for what no page gave."""
    try:
        plain = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        moment, id = plain.split("~")
        return datetime.fromtimestamp(int(moment) / 1000, UTC), id
    except (ValueError, OverflowError, OSError):
        raise Refusal("cursor_invalid", "query.cursor") from None
