"""One snapshot of the city for all screens."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from chassis.clock import Clock
from chassis.tasks.kept import Kept
from jinan.divisions import divisions
from jinan.local_time import LOCAL, local_date
from services.incidents.city_view import store
from services.incidents.city_view.domain import USUAL_DAYS, CitySnapshot, DistrictNow, usual_by
from services.incidents.figures.store import median_of
from services.incidents.report.store import Reports

_KEPT = 5.0
"""Seconds for which a snapshot is everybody's."""


class CityViewHandlers:
    """Reads today's reports at most once in 5 s, and those of four weeks once a day, however many
    screens ask."""

    def __init__(self, reports: Reports, clock: Clock) -> None:
        self._reports, self._clock = reports, clock
        self._kept = Kept(self._read, _KEPT)
        self._usual: Mapping[str, Mapping[int, int]] = {}
        self._usual_of: datetime | None = None

    async def snapshot(self) -> CitySnapshot:
        return await self._kept.get()

    async def _read(self) -> CitySnapshot:
        now = self._clock.now()
        today = datetime.combine(local_date(now), time_of_day(), LOCAL)
        if self._usual_of != today:
            since = today - timedelta(days=USUAL_DAYS)
            self._usual = await store.count_by_hour(self._reports, since, today)
            self._usual_of = today
        rows = await store.count_today(self._reports, today, now + timedelta(milliseconds=1))
        events = await store.last_filed(self._reports, today)
        found = tuple(
            _district(code, [row for row in rows if row["_id"]["district"] == code]).with_(
                usual=usual_by(now, self._usual.get(code, {}))
            )
            for code in _DISTRICTS
        )
        return CitySnapshot(at=now, districts=found, events=tuple(events))


_DISTRICTS = tuple(one.code for one in divisions() if one.kind in ("district", "zone"))


def _district(code: str, rows: list[dict[str, Any]]) -> DistrictNow:
    return DistrictNow(
        district=code,
        reports_today=sum(row["n"] for row in rows),
        under_way=sum(row["under_way"] for row in rows),
        nobody_came=sum(row["nobody_came"] for row in rows),
        minutes_to_accepted=median_of(rows),
    )
