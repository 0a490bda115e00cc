"""Cursors: what a page gives, the next request reads back; anything else is refused."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.domain import Refusal
from chassis.http.paging import Position, from_cursor, to_cursor

times = st.datetimes(datetime(1970, 1, 1), datetime(2999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
ids = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)


def encoded(text: str | bytes) -> str:
    raw = text if isinstance(text, bytes) else text.encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@given(at=times, id=ids)
def test_a_cursor_is_read_back_to_the_millisecond(at: datetime, id: str):
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    cursor = to_cursor(at, id)
    assert from_cursor(cursor) == Position(at, id)
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?#%")


def test_without_a_cursor_there_is_no_position():
    assert from_cursor(None) is None


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x" * 199,
        "$ne",
        "W10=",
        "not base64 at all!",
        "é",
        encoded(b"\xff\xfe"),
        encoded("1700000000000"),
        encoded("soon~rep_1"),
        encoded("~rep_1"),
        encoded("1e9~rep_1"),
        encoded(f"{10**30}~rep_1"),
        encoded(f"-{10**18}~rep_1"),
        encoded("inf~rep_1"),
    ],
)
def test_any_other_cursor_is_refused(cursor: str):
    with pytest.raises(Refusal) as refused:
        from_cursor(cursor)
    assert refused.value.code == "cursor_invalid"
    assert refused.value.fields == {"query.cursor": "problem.cursor_invalid"}


@given(st.text(max_size=60))
def test_no_text_at_all_gives_another_error(cursor: str):
    try:
        from_cursor(cursor)
    except Refusal as refused:
        assert refused.code == "cursor_invalid"  # noqa: PT017 - most texts, but not all
