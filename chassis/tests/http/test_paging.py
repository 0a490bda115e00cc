"""Cursors: what a page gives, the next request reads back; anything else is refused."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.domain import Refusal
from chassis.http.paging import Position, from_cursor, part_of, to_cursor

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


@given(whole=st.lists(st.integers(), max_size=30), limit=st.integers(1, 12))
def test_a_short_list_comes_whole_in_pages(whole: list[int], limit: int):
    seen: list[int] = []
    cursor: str | None = None
    while True:
        page, cursor = part_of(whole, limit, cursor)
        assert len(page) <= limit
        seen += page
        if cursor is None:
            break
        assert page
    assert seen == whole


@pytest.mark.parametrize("cursor", ["", "-1", "x", "1.0", "²", "٣"])
def test_a_cursor_that_no_short_list_gave_is_refused(cursor: str):
    with pytest.raises(Refusal) as refused:
        part_of([1, 2], 1, cursor)
    assert refused.value.fields.keys() == {"query.cursor"}


def test_a_cursor_beyond_a_short_list_gives_an_empty_page():
    assert part_of([1, 2], 5, "9" * 30) == ([], None)
