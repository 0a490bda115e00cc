"""What is shown of a report: all of it to those who may read it, and never an account that did
something."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from contracts.texts import LocalizedText, text
from contracts.vocabulary import Category, Outcome, Route, Skill, Urgency
from services.incidents.report.domain import Doer, End, Entry, Report, State, Step
from services.incidents.report.routing import POLICE_ONLY


class TextView(BaseModel):
    """Words in Chinese and English."""

    zh: str
    en: str


class LocationView(BaseModel):
    """WGS-84 degrees."""

    longitude: float
    latitude: float
    datum: Literal["wgs84"] = "wgs84"


class EntryView(BaseModel):
    """One line of the time line. `reason` and `note` are shown to those who may read the report."""

    at: datetime
    what: Step
    by_role: Doer
    round: int
    reason: str | None = None
    note: str | None = None


class ReportView(BaseModel):
    """`triage`: the rules were not sure, an officer should look. `because`: what in the words made
    the route."""

    id: str
    number: str
    state: State
    state_text: TextView
    route: Route
    category: Category
    urgency: Urgency
    skills: tuple[Skill, ...]
    people_needed: int
    because: tuple[str, ...]
    triage: bool
    escalated: bool
    station: str | None
    area: str
    round: int
    rules_version: str
    anonymous: bool
    filed_at: datetime
    first_answer_due: datetime
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: Outcome | None = None
    confirmed_by: Literal["reporter", "station"] | None = None
    end: End | None = None
    text: str | None = None
    location: LocationView | None = None
    has_photo: bool
    timeline: list[EntryView]


class FiledView(ReportView):
    """`advice` is to be shown at once; `follow_up_key` is told this once, to an anonymous reporter
    only."""

    advice: TextView | None = None
    follow_up_key: str | None = None


class ReportList(BaseModel):
    """`next`: the cursor of the page that follows, if there is one."""

    reports: list[ReportView]
    next: str | None = None


class FollowUpView(BaseModel):
    """What anybody with the number may see: no words, no place."""

    number: str
    state: State
    state_text: TextView
    route: Route
    category: Category
    category_text: TextView
    round: int
    outcome: Outcome | None = None
    outcome_text: TextView | None = None
    end: End | None = None
    filed_at: datetime
    closed_at: datetime | None = None
    timeline: list[EntryView]


def words(found: LocalizedText) -> TextView:
    return TextView(zh=found.zh, en=found.en)


def entry_view(entry: Entry, with_words: bool) -> EntryView:
    reason, note = (entry.reason, entry.note) if with_words else (None, None)
    return EntryView(
        at=entry.at,
        what=entry.what,
        by_role=entry.by_role,
        round=entry.round,
        reason=reason,
        note=note,
    )


def report_view(report: Report) -> ReportView:
    return ReportView(**_shown(report))


def filed_view(report: Report, follow_up_key: str | None) -> FiledView:
    return FiledView(**_shown(report), advice=advice(report), follow_up_key=follow_up_key)


def _shown(report: Report) -> dict[str, Any]:
    fields: dict[str, Any] = report.model_dump(
        include=set(ReportView.model_fields) - {"timeline", "text"}
    )
    return fields | {
        "state_text": words(text(f"state.{report.state}")),
        "escalated": bool(report.escalations),
        "anonymous": report.reporter is None,
        "first_answer_due": report.first_answer_due,
        "text": report.text,
        "location": LocationView(longitude=report.longitude, latitude=report.latitude),
        "has_photo": report.photo is not None,
        "timeline": [entry_view(entry, with_words=True) for entry in report.timeline],
    }


def follow_up_view(report: Report) -> FollowUpView:
    return FollowUpView(
        number=report.number,
        state=report.state,
        state_text=words(text(f"state.{report.state}")),
        route=report.route,
        category=report.category,
        category_text=words(text(f"category.{report.category}")),
        round=report.round,
        outcome=report.outcome,
        outcome_text=words(text(f"outcome.{report.outcome}")) if report.outcome else None,
        end=report.end,
        filed_at=report.filed_at,
        closed_at=report.closed_at,
        timeline=[
            entry_view(entry, with_words=False)
            for entry in report.timeline
            if entry.what != "noted"
        ],
    )


def advice(report: Report) -> TextView | None:
    """What to do at once, when it is the police's."""
    if report.route != "police":
        return None
    own = {"fraud": "fraud", "missing": "missing", "emergency": "emergency"}
    key = own.get(report.category, "police" if report.category in POLICE_ONLY else "tension")
    return words(text(f"advice.{key}"))
