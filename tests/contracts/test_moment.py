"""Times that people give, at the ends of the calendar too."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from chassis.http.schemas import UtcDatetime


@pytest.mark.parametrize(
    "given", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-05T08:00:00"]
)
def test_a_time_that_the_store_cannot_hold_is_refused(given: str):
    with pytest.raises(ValidationError):
        TypeAdapter(UtcDatetime).validate_python(given)


def test_a_time_is_taken_in_utc_whatever_its_offset():
    taken = TypeAdapter(UtcDatetime).validate_python("2026-03-05T16:00:00+08:00")
    assert taken == datetime(2026, 3, 5, 8, tzinfo=UTC)
    assert taken.tzinfo is UTC
