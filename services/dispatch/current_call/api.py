"""The call that a volunteer is asked to answer, or has accepted, in one read."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter

from chassis.http.dependencies import Now, provided
from chassis.http.plain_route import PlainRoute
from chassis.http.schemas import LocalizedText, View
from chassis.identity.guards import Principal, allow
from contracts import ids
from contracts.texts import text
from contracts.vocabulary import Category, Skill, Urgency
from jinan.divisions import name_of
from services.dispatch.callout.domain.state import Callout, Candidate, CandidateState
from services.dispatch.callout.store import Callouts
from services.dispatch.current_call import domain

router = APIRouter(prefix="/callouts", tags=["callouts"], route_class=PlainRoute)


class ScenePlaceView(View):
    """WGS-84 degrees."""

    longitude: float
    latitude: float
    datum: Literal["wgs84"] = "wgs84"


class CompanionView(View):
    """Somebody else who comes, without who it is."""

    state: CandidateState
    state_text: LocalizedText
    same_squad: bool
    accepted_at: datetime | None


class CurrentCallView(View):
    """`seconds_left`: to answer, null once it is answered. `distance_m`: on the map, when one was
    called. `place` and `companions` are null until one has accepted; so is `report`, whose text
    `GET /reports/{id}` then shows. `sign_asked_until`: until then one is to say that one is still
    coming, or still there."""

    callout: ids.CalloutId
    state: CandidateState
    state_text: LocalizedText
    category: Category
    urgency: Urgency
    skills: tuple[Skill, ...]
    area: ids.AreaCode
    area_name: str
    distance_m: int
    people_needed: int
    still_needed: int
    seconds_left: int | None
    expires_at: datetime
    sign_asked_until: datetime | None
    report: ids.ReportId | None
    place: ScenePlaceView | None
    companions: list[CompanionView] | None


class CurrentCallAnswer(View):
    """`call`: null while nobody calls. `at`: the time of the answer, to count down from."""

    at: datetime
    call: CurrentCallView | None


@router.get("/current", summary="My call: the one to answer, or that I have accepted")
async def get_current_call(
    who: Annotated[Principal, allow("duty.serve")],
    callouts: Annotated[Callouts, provided(Callouts)],
    clock: Now,
) -> CurrentCallAnswer:
    """At most one: nobody is called by two call-outs at once."""
    now = clock.now()
    callout = await callouts.holding(who.subject)
    own = callout and callout.candidate(who.subject)
    view = _view(callout, own, now) if callout and own else None
    return CurrentCallAnswer(at=now, call=view)


def _view(callout: Callout, own: Candidate, now: datetime) -> CurrentCallView:
    place = domain.place(callout, own)
    others = domain.companions(callout, own)
    return CurrentCallView(
        callout=callout.id,
        state=own.state,
        state_text=text(f"candidate.{own.state}"),
        category=callout.category,
        urgency=callout.urgency,
        skills=callout.skills,
        area=callout.area,
        area_name=name_of(callout.area),
        distance_m=own.distance_m,
        people_needed=callout.people_needed,
        still_needed=callout.places_left,
        seconds_left=domain.seconds_left(own, now),
        expires_at=own.expires_at,
        sign_asked_until=own.overdue and own.overdue.until,
        report=callout.report if place else None,
        place=place and ScenePlaceView(longitude=place.longitude, latitude=place.latitude),
        companions=[_companion(one) for one in others] if place else None,
    )


def _companion(one: domain.Companion) -> CompanionView:
    return CompanionView(
        state=one.state,
        state_text=text(f"candidate.{one.state}"),
        same_squad=one.same_squad,
        accepted_at=one.accepted_at,
    )
