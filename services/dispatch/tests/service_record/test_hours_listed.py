"""Which days of hours are given, at the ends of the calendar too."""

from datetime import date
from typing import cast

import pytest

from chassis.clock import Clock
from chassis.identity.guards import Principal
from services.dispatch.service_record.api import list_service_records
from services.dispatch.service_record.handlers import ServiceRecordHandlers


class Days:
    """Remembers what it was asked for."""

    asked: tuple[str, str] | None = None

    async def list_days(
        self, _: Principal, __: str, first: str, last: str, ___: int
    ) -> list[object]:
        self.asked = first, last
        return []


@pytest.mark.parametrize(
    ("last", "asked"),
    [
        (date(2026, 3, 31), ("2026-03-01", "2026-03-31")),
        (date(1, 1, 1), ("0001-01-01", "0001-01-01")),
        (date(1, 1, 20), ("0001-01-01", "0001-01-20")),
    ],
)
async def test_without_a_first_day_the_thirty_before_the_last(
    last: date, asked: tuple[str, str]
) -> None:
    days, who = Days(), Principal(subject="acc_1", session="ses")
    await list_service_records(
        who,
        cast(ServiceRecordHandlers, days),
        Clock(""),
        mine=True,
        volunteer=None,
        first=None,
        last=last,
    )
    assert days.asked == asked
