"""Reports of erased people whose time has come, whatever lies in front of them."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any, cast

import pytest

from chassis.clock import Clock
from chassis.errors import NotFound
from chassis.personal.keys import PersonKeys
from services.incidents.erasure.handlers import ErasureHandlers
from services.incidents.erasure.store import KeptReports
from services.incidents.report.domain.report import Report
from services.incidents.report.store import Reports
from services.incidents.tests.reports import new


class Fakes:
    """What is kept: many rows of reports that nobody knows, and an open report behind them."""

    def __init__(self) -> None:
        self.report = new()[0].with_(id="rep_last")
        self.looked_at = list[str]()
        self.asked = 0

    async def due(self, _: datetime) -> AsyncGenerator[str, None]:
        for n in range(250):
            yield f"rep_{n:04}"
        yield self.report.id

    async def require(self, id: str) -> Report:
        self.asked += 1
        if id != self.report.id:
            raise NotFound(id)
        return self.report

    async def keep(self, id: str, _: datetime) -> None:
        self.looked_at.append(id)

    def handlers(self) -> ErasureHandlers:
        reports, kept, unused = cast(Reports, self), cast(KeptReports, self), cast(Any, self)
        keys = cast(PersonKeys, self)
        return ErasureHandlers(reports, kept, unused, unused, unused, keys, Clock(""))


async def test_rows_of_unknown_reports_hide_nothing_behind_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chassis.tasks.sweep._FIRST_PAUSE", 60.0)
    fakes = Fakes()
    handlers = fakes.handlers()
    await handlers.erase_due()
    assert fakes.looked_at == ["rep_last"]
    asked = fakes.asked
    await handlers.erase_due()
    assert fakes.asked == asked + 1, "those that failed rest"
