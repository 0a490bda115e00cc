"""Lists that come in pages: one shape, and cursors that say where the last page ended."""

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Generic, NamedTuple, TypeVar

from fastapi import Query
from pydantic import Field

from chassis.domain import Refusal
from chassis.http.schemas import View

T = TypeVar("T")
Cursor = Annotated[str | None, Query(max_length=200, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many items at most")]
DEFAULT_LIMIT = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Page(View, Generic[T]):
    items: list[T]
    next: str | None = Field(
        None, description="Pass it as `cursor` to get the next page; null on the last one"
    )


class Position(NamedTuple):
    """Where an item stands in a list by time; several may have the same millisecond."""

    at: datetime
    id: str


def to_cursor(at: datetime, id: str) -> str:
    plain = f"{(at - _EPOCH) // timedelta(milliseconds=1)}~{id}".encode()
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def from_cursor(cursor: str | None) -> Position | None:
    """Raises Refusal (422) for what no page gave."""
    if cursor is None:
        return None
    try:
        plain = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        milliseconds, id = plain.split("~", 1)
        return Position(_EPOCH + timedelta(milliseconds=int(milliseconds)), id)
    except (ValueError, OverflowError):
        raise Refusal("cursor_invalid", "query.cursor") from None


def page_of(
    read: Sequence[T], limit: int, cursor: Callable[[T], str]
) -> tuple[Sequence[T], str | None]:
    """The items of a page and its `next`, from up to `limit` + 1 items that were read."""
    items = read[:limit]
    return items, cursor(items[-1]) if len(read) > limit else None


def part_of(whole: Sequence[T], limit: int, cursor: str | None) -> tuple[Sequence[T], str | None]:
    """The items of a page and its `next`, of a short list that is in hand. The cursor is a number
    of items. Raises Refusal (422) for what no page gave."""
    start = 0
    if cursor is not None:
        if not (cursor.isascii() and cursor.isdigit()):
            raise Refusal("cursor_invalid", "query.cursor")
        start = min(int(cursor), len(whole))
    end = start + limit
    return whole[start:end], str(end) if end < len(whole) else None
