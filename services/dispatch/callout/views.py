"""What people see of a call-out, and of who was considered for it.

A file of its own because the routes fill `api.py`.
"""

from collections import Counter
from datetime import datetime

from chassis.http.paging import Page
from chassis.http.schemas import LocalizedText, View
from contracts import ids
from contracts.access import Principal
from contracts.texts import text
from contracts.vocabulary import Category, Outcome, Skill, Urgency
from services.dispatch.callout.domain.candidacy import (
    Candidacy,
    CandidacyReason,
    CandidacyState,
)
from services.dispatch.callout.domain.state import (
    Callout,
    CalloutState,
    Candidate,
    CandidateState,
    EndReason,
    EscalatedTo,
    StandDownReason,
)


class OwnCallView(View):
    """The reader's part: asked until `expires_at`. Distance on the map, metres. Until
    `sign_asked_until` they are to say that they are still coming, or still there."""

    state: CandidateState
    state_text: LocalizedText
    expires_at: datetime
    distance_m: int
    sign_asked_until: datetime | None
    stood_down_because: StandDownReason | None
    stood_down_text: LocalizedText | None


class CalloutView(View):
    """`candidates` counts those who were called, by state. `ended_because`: why it was stood
    down."""

    id: ids.CalloutId
    report: ids.ReportId
    round: int
    state: CalloutState
    state_text: LocalizedText
    category: Category
    urgency: Urgency
    skills: tuple[Skill, ...]
    station: ids.StationId | None
    area: ids.AreaCode
    people_needed: int
    accepted: int
    wave: int
    escalated_to: EscalatedTo | None
    opened_at: datetime
    ended_at: datetime | None
    ended_because: EndReason | None
    ended_because_text: LocalizedText | None
    outcome: Outcome | None
    me: OwnCallView | None
    candidates: dict[CandidateState, int]


class CalloutPage(Page[CalloutView]):
    """Newest first."""


class CandidateView(View):
    """One person who was considered. `score` in minutes, less is better."""

    volunteer: ids.AccountId
    state: CandidacyState
    state_text: LocalizedText
    reason: CandidacyReason
    reason_text: LocalizedText
    wave: int | None
    distance_m: int | None
    score: float | None
    probability: float | None


class CandidatePage(Page[CandidateView]):
    """Those who were called first, then the others; nearest first."""


class ManualCallView(CalloutView):
    """`not_called` said no, are not free, are party to the matter, or not of an age for it."""

    not_called: list[str]


def _own_view(own: Candidate) -> OwnCallView:
    why = own.why_stood_down
    return OwnCallView(
        state=own.state,
        state_text=text(f"candidate.{own.state}"),
        expires_at=own.expires_at,
        distance_m=own.distance_m,
        sign_asked_until=own.overdue and own.overdue.until,
        stood_down_because=why,
        stood_down_text=text(f"stood_down.{why}") if why else None,
    )


def callout_view(callout: Callout, who: Principal) -> CalloutView:
    own, because = callout.candidate(who.subject), callout.ended_because
    return CalloutView(
        id=callout.id,
        report=callout.report,
        round=callout.round,
        state=callout.state,
        state_text=text(f"callout.{callout.state}"),
        category=callout.category,
        urgency=callout.urgency,
        skills=callout.skills,
        station=callout.station,
        area=callout.area,
        people_needed=callout.people_needed,
        accepted=callout.accepted,
        wave=callout.wave,
        escalated_to=callout.escalated_to,
        opened_at=callout.opened_at,
        ended_at=callout.ended_at,
        ended_because=because,
        ended_because_text=text(f"ended.{because}") if because else None,
        outcome=callout.outcome,
        me=own and _own_view(own),
        candidates=Counter(c.state for c in callout.candidates),
    )


def candidate_view(one: Candidacy) -> CandidateView:
    return CandidateView(
        volunteer=one.volunteer,
        state=one.state,
        state_text=text(f"candidate.{one.state}"),
        reason=one.reason,
        reason_text=text(f"reason.{one.reason}"),
        wave=one.wave,
        distance_m=one.distance_m,
        score=None if one.score is None else round(one.score, 2),
        probability=None if one.probability is None else round(one.probability, 3),
    )
