"""Request bodies and answers of reports. A file of its own because `api.py` would exceed 300 lines
with them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from chassis.http.paging import Page
from chassis.http.schemas import Body, LocalizedText, View, free_text, maybe_text
from contracts.texts import text
from contracts.vocabulary import Category, Outcome, Route, Skill, Urgency
from jinan.areas import COMMUNITY_PATTERN
from jinan.coordinates import Datum
from services.incidents.report.domain.parts import TimelineEntry
from services.incidents.report.domain.report import Report
from services.incidents.report.domain.states import (
    ActorRole,
    ConfirmedBy,
    ReportEnd,
    ReportState,
    Step,
)
from services.incidents.routing.domain import POLICE_ONLY, Triage

People = Annotated[int, Field(ge=1, le=20)]


class ReportLocation(Body):
    """Degrees. `gcj02` is what Chinese phones and maps give."""

    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, examples=[116.942])]
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, examples=[36.6695])]
    datum: Datum = "wgs84"


class FileReport(Body):
    """The text may be left out where there is a `photo`. Without a `category` it is inferred from
    the text. `finished`: a volunteer reports what they have finished already. `people_needed`
    counts for checkpoints only."""

    text: Annotated[str, maybe_text(2000), Field(examples=["小区门口车辆堵塞，请来人疏导"])] = ""
    category: Annotated[Category | None, Field(examples=["traffic"])] = None
    location: ReportLocation
    community: Annotated[
        str | None, Field(pattern=COMMUNITY_PATTERN, examples=["370104009008"])
    ] = None
    photo: Annotated[str | None, Field(max_length=64, description="The id of an upload")] = None
    anonymous: bool = False
    finished: bool = False
    people_needed: People | None = None


class RouteReport(Body):
    """What is left out stays as it was, or follows from a new category."""

    route: Annotated[Route, Field(examples=["police"])]
    reason: Annotated[str, free_text(500), Field(examples=["经核实需民警到场"])]
    category: Category | None = None
    skills: Annotated[tuple[Skill, ...] | None, Field(max_length=7)] = None
    people_needed: People | None = None


class ReportResolution(Body):
    """How it ended. The note is for the reporter."""

    outcome: Annotated[Outcome, Field(examples=["solved"])]
    note: Annotated[str, free_text(2000), Field(examples=["已更换灯泡"])]


class ReportReason(Body):
    reason: Annotated[str, free_text(500), Field(examples=["问题又出现了"])]


class ReportNote(Body):
    text: Annotated[str, free_text(2000), Field(examples=["维修人员明天上午到"])]


class ReportLocationView(View):
    """WGS-84 degrees."""

    longitude: float
    latitude: float
    datum: Literal["wgs84"] = "wgs84"


class TimelineEntryView(View):
    """`reason` and `note` are null to those who may not read the report."""

    at: datetime
    what: Step
    by_role: ActorRole
    round: int
    reason: str | None
    note: str | None


class ReportView(View):
    """Only shown to those who may read all of it: nothing is hidden. `because`: the cues in the
    text that decided the route. `triage`: the text is unclear, an officer should check."""

    id: str
    number: str
    state: ReportState
    state_text: LocalizedText
    route: Route
    category: Category
    urgency: Urgency
    skills: tuple[Skill, ...]
    people_needed: int
    because: tuple[str, ...]
    triage: Triage | None
    escalated: bool
    station: str | None
    area: str
    round: int
    rules_version: str
    anonymous: bool
    filed_at: datetime
    first_answer_due: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    outcome: Outcome | None
    confirmed_by: ConfirmedBy | None
    end: ReportEnd | None
    text: str
    location: ReportLocationView
    has_photo: bool
    timeline: list[TimelineEntryView]


class FiledReportView(ReportView):
    """`advice` is to be shown at once. `follow_up_key`: for an anonymous reporter; no other answer
    has it."""

    advice: LocalizedText | None
    follow_up_key: str | None


class ReportPage(Page[ReportView]):
    pass


def timeline_entry_view(entry: TimelineEntry, *, readable: bool) -> TimelineEntryView:
    return TimelineEntryView(
        at=entry.at,
        what=entry.what,
        by_role=entry.by_role,
        round=entry.round,
        reason=entry.reason if readable else None,
        note=entry.note if readable else None,
    )


def report_view(report: Report) -> ReportView:
    return ReportView(**_fields(report))


def filed_report_view(report: Report, follow_up_key: str | None) -> FiledReportView:
    return FiledReportView(**_fields(report), advice=advice(report), follow_up_key=follow_up_key)


def _fields(report: Report) -> dict[str, Any]:
    fields: dict[str, Any] = report.model_dump(include=set(ReportView.model_fields) - {"timeline"})
    return fields | {
        "state_text": text(f"state.{report.state}"),
        "escalated": bool(report.escalations),
        "anonymous": report.reporter is None,
        "first_answer_due": report.first_answer_due,
        "location": ReportLocationView(longitude=report.longitude, latitude=report.latitude),
        "has_photo": report.photo is not None,
        "timeline": [timeline_entry_view(entry, readable=True) for entry in report.timeline],
    }


def advice(report: Report) -> LocalizedText | None:
    """What the reporter should do at once, for police matters."""
    if report.route != "police":
        return None
    if report.category in ("fraud", "missing", "emergency"):
        return text(f"advice.{report.category}")
    return text("advice.police" if report.category in POLICE_ONLY else "advice.tension")
