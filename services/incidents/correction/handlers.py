"""Corrections: load, decide, save."""

from dataclasses import dataclass

from chassis.domain import Cause, Refusal
from chassis.identity.guards import Principal
from contracts.vocabulary import Category
from jinan.areas import is_community
from jinan.coordinates import Datum, Point
from services.incidents.correction.domain import Correction, correct
from services.incidents.place.domain import Place
from services.incidents.place.handlers import PlaceHandlers
from services.incidents.report.domain.report import Actor, Report
from services.incidents.report.handlers import ReportHandlers


@dataclass(frozen=True)
class NewCorrection:
    """A request to correct a report."""

    point: Point | None = None
    datum: Datum = "wgs84"
    community: str | None = None
    category: Category | None = None
    reason: str | None = None


class CorrectionHandlers:
    def __init__(self, reports: ReportHandlers, places: PlaceHandlers) -> None:
        self._reports, self._places = reports, places

    async def correct(self, id: str, new: NewCorrection, who: Principal, cause: Cause) -> Report:
        """By an officer of the area; the reporter chooses the community only."""
        report, reads_as = await self._reports.readable(id, who)
        if reads_as == "officer":
            return await self._correct(Actor("officer", who.subject), report, new, cause)
        if report.reporter != who.subject:
            raise Refusal("not_allowed")
        for field, value in (("location", new.point), ("category", new.category)):
            if value is not None:
                raise Refusal("community_only", f"body.{field}")
        return await self._correct(Actor("reporter", who.subject), report, new, cause)

    async def choose_community_as(
        self, reporter: Actor, report: Report, community: str, cause: Cause
    ) -> Report:
        return await self._correct(reporter, report, NewCorrection(community=community), cause)

    async def _correct(
        self, actor: Actor, report: Report, new: NewCorrection, cause: Cause
    ) -> Report:
        place = await self._place(report, new)
        served = await self._places.served(place.area if place else report.area, "committee")
        moved = new.point is not None
        correction = Correction(place, new.category, new.reason, served.committee, moved)
        changed = await self._reports.change(
            report.id, cause, lambda r, now: correct(r, correction, actor, now)
        )
        if new.category is not None:
            await self._reports.learn(report, changed.category, changed.route, cause)
        return changed

    async def _place(self, report: Report, new: NewCorrection) -> Place | None:
        """A new point stays in the community that the report has, where that can be."""
        if new.point is None and new.community is None:
            return None
        community = new.community or (report.area if is_community(report.area) else None)
        if new.point is not None:
            return await self._places.find(new.point, new.datum, community)
        known = Point(report.longitude, report.latitude)
        return await self._places.find(known, "wgs84", community)
