"""Call-outs as those who may see them see them, and who may."""

from collections import Counter
from datetime import datetime

from pydantic import BaseModel

from chassis.identity.guards import Principal
from contracts.texts import text
from contracts.vocabulary import Category, Outcome, Skill, Urgency
from jinan.areas import covers
from services.dispatch.callout.state import Callout, CalloutState, CandidateState
from services.dispatch.callout.why import Line, LineReason, LineState


class MyCallView(BaseModel):
    """My part: asked until `expires_at`. Distance on the map, metres."""

    state: CandidateState
    expires_at: datetime
    distance_m: int


class CalloutView(BaseModel):
    """`candidates` counts those who were called, by state."""

    id: str
    report: str
    round: int
    state: CalloutState
    category: Category
    urgency: Urgency
    skills: tuple[Skill, ...]
    station: str | None
    area: str
    people_needed: int
    accepted: int
    wave: int
    escalated_to: str | None
    opened_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    me: MyCallView | None
    candidates: dict[str, int]


class CalloutPage(BaseModel):
    """Newest first; `next` is the `cursor` of what comes after, if there is more."""

    callouts: list[CalloutView]
    next: str | None = None


class TextView(BaseModel):
    zh: str
    en: str


class CandidateView(BaseModel):
    """One person who was looked at. `score` in minutes, less is better."""

    volunteer: str
    state: LineState
    reason: LineReason
    reason_text: TextView
    wave: int | None
    distance_m: int | None
    score: float | None
    probability: float | None


class CandidatePage(BaseModel):
    """Those who were called first, then the others; nearest first."""

    candidates: list[CandidateView]


class HandCallView(CalloutView):
    """`not_called` were asked already, are on another matter, or not on duty."""

    not_called: list[str]


def callout_view(callout: Callout, volunteer: str) -> CalloutView:
    me = callout.candidate(volunteer)
    return CalloutView(
        id=callout.id,
        report=callout.report,
        round=callout.round,
        state=callout.state,
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
        outcome=callout.outcome,
        candidates=Counter(c.state for c in callout.candidates),
        me=MyCallView(state=me.state, expires_at=me.expires_at, distance_m=me.distance_m)
        if me
        else None,
    )


def candidate_view(line: Line) -> CandidateView:
    words = text(f"reason.{line.reason}")
    return CandidateView(
        volunteer=line.volunteer,
        state=line.state,
        reason=line.reason,
        reason_text=TextView(zh=words.zh, en=words.en),
        wave=line.wave,
        distance_m=line.distance_m,
        score=None if line.score is None else round(line.score, 2),
        probability=None if line.probability is None else round(line.probability, 3),
    )


def squads_led(who: Principal) -> frozenset[str]:
    return frozenset(
        g.squad for g in who.grants_for("callout.command") if g.role == "leader" and g.squad
    )


def commands(who: Principal, callout: Callout) -> bool:
    """An officer of the area sees all of it, and calls whom they like."""
    return who.may("callout.command", callout.area, "officer")


def leads(who: Principal, callout: Callout) -> bool:
    """A leader whose squad has somebody called, or who was told that nobody came, in their area."""
    squads = squads_led(who)
    if any(candidate.squad in squads for candidate in callout.candidates):
        return True
    in_area = any(g.role == "leader" and covers(g.area, callout.area) for g in who.grants)
    return (
        bool(squads)
        and callout.escalated_to is not None
        and (who.subject in callout.leaders or in_area)
    )


def may_see(who: Principal, callout: Callout) -> bool:
    return (
        callout.candidate(who.subject) is not None or commands(who, callout) or leads(who, callout)
    )
