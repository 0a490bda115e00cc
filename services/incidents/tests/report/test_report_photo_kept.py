"""A photo is kept with its report even if the process ended between the two writes."""

from collections.abc import AsyncGenerator
from typing import cast

from chassis.clock import Clock
from chassis.tasks.schedule import Schedule
from services.incidents.photo.store import Photos
from services.incidents.place.handlers import PlaceHandlers
from services.incidents.report.domain.follow_up_key import FollowUpKeys
from services.incidents.report.domain.report import Report
from services.incidents.report.handlers import ReportHandlers
from services.incidents.report.store import Reports
from services.incidents.routing.handlers import RoutingHandlers
from services.incidents.tests.reports import new


class Shelf:
    """Photos that were claimed, by the report that claimed each."""

    def __init__(self, claimed: dict[str, str]) -> None:
        self._claimed, self.kept = claimed, list[str]()

    async def claimed(self) -> AsyncGenerator[tuple[str, str]]:
        for photo, report in self._claimed.items():
            yield photo, report

    async def keep(self, photo: str) -> None:
        self.kept.append(photo)


class Stored:
    def __init__(self, report: Report) -> None:
        self._report = report

    async def has_photo(self, id: str, photo: str) -> bool:
        return (id, photo) == (self._report.id, self._report.photo)


async def test_only_the_photo_of_a_report_that_is_stored_is_kept() -> None:
    report = new()[0].with_(photo="pho_mine")
    shelf = Shelf({"pho_lost": "rep_never_stored", "pho_other": report.id, "pho_mine": report.id})
    handlers = ReportHandlers(
        cast(Reports, Stored(report)),
        cast(PlaceHandlers, None),
        cast(Photos, shelf),
        FollowUpKeys("secret"),
        Clock(),
        Schedule(Clock()),
        cast(RoutingHandlers, None),
    )
    await handlers.keep_photos()
    assert shelf.kept == ["pho_mine"]
