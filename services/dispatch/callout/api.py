"""Call-outs: answers of those who are called, and what leaders and officers see and do."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from chassis.domain import Refusal
from chassis.errors import NotFound
from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.paging import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    from_cursor,
    page_of,
    to_cursor,
)
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import Body, id_path, id_query
from chassis.identity.guards import Principal, allow
from contracts.vocabulary import Outcome
from services.dispatch.callout.domain.access import commands, may_see
from services.dispatch.callout.domain.candidacy import own_candidacy
from services.dispatch.callout.domain.state import CalloutState
from services.dispatch.callout.handlers import CalloutHandlers
from services.dispatch.callout.store import Callouts
from services.dispatch.callout.views import (
    CalloutPage,
    CalloutView,
    CandidatePage,
    CandidateView,
    ManualCallView,
    callout_view,
    candidate_view,
)

router = APIRouter(prefix="/callouts", tags=["callouts"], route_class=PlainRoute)
Id = Annotated[str, id_path("cal")]
Anybody = Annotated[Principal, allow("own")]
Volunteer = Annotated[Principal, allow("duty.serve")]
Commander = Annotated[Principal, allow("callout.command")]
Handlers = Annotated[CalloutHandlers, provided(CalloutHandlers)]
VolunteerId = Annotated[
    str, Field(min_length=1, max_length=64, examples=["acc_8f0c2e51d7a94b3c6e10"])
]


class FinishCallout(Body):
    """How it ended, as far as this volunteer can say."""

    outcome: Outcome = Field(examples=["solved"])


class CallVolunteers(Body):
    volunteers: Annotated[list[VolunteerId], Field(min_length=1, max_length=12)]


@router.get(
    "", summary="Call-outs: mine, a station's, or my area's", responses=refuses("not_allowed")
)
async def list_callouts(
    who: Anybody,
    callouts: Annotated[Callouts, provided(Callouts)],
    mine: bool = False,
    station: Annotated[str | None, id_query("sta", "sta_duandian")] = None,
    state: CalloutState | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> CalloutPage:
    """`mine`: those I was called to. Else officers of the area, and leaders for what concerns their
    squad."""
    grants, after = who.grants_for("callout.command"), from_cursor(cursor)
    if mine:
        found = await callouts.of_volunteer(who.subject, after, limit + 1)
    elif not grants:
        raise Refusal("not_allowed")
    elif station is not None:
        found = await callouts.of_station(station, state, after, limit + 1)
    else:
        areas = [grant.area for grant in grants]
        found = await callouts.in_areas(areas, state, after, limit + 1)
    page, following = page_of(found, limit, lambda c: to_cursor(c.opened_at, c.id))
    seen = [c for c in page if may_see(who, c) and state in (None, c.state)]
    return CalloutPage(items=[callout_view(callout, who) for callout in seen], next=following)


@router.get("/{id}", summary="A call-out")
async def get_callout(id: Id, who: Anybody, handlers: Handlers) -> CalloutView:
    callout = await handlers.get(id)
    if not may_see(who, callout):
        raise NotFound(id)
    return callout_view(callout, who)


@router.post(
    "/{id}/accept",
    summary="I am coming",
    responses=refuses(
        "enough_people", "call_lapsed", "off_duty", "on_another_matter", "wrong_state"
    ),
)
async def accept_callout(
    id: Id, who: Volunteer, handlers: Handlers, cause: RequestCause
) -> CalloutView:
    """First come, first served. A late yes is welcome while a place is empty."""
    return callout_view(await handlers.accept(id, who.subject, cause), who)


@router.post("/{id}/decline", summary="I cannot come", responses=refuses("wrong_state"))
async def decline_callout(
    id: Id, who: Volunteer, handlers: Handlers, cause: RequestCause
) -> CalloutView:
    return callout_view(await handlers.decline(id, who.subject, cause), who)


@router.post("/{id}/on-the-way", summary="I have set out", responses=refuses("wrong_state"))
async def set_out_to_callout(
    id: Id, who: Volunteer, handlers: Handlers, cause: RequestCause
) -> CalloutView:
    return callout_view(await handlers.set_out(id, who.subject, cause), who)


@router.post(
    "/{id}/arrive", summary="I am on scene", responses=refuses("wrong_state", "far_from_scene")
)
async def arrive_at_callout(
    id: Id, who: Volunteer, handlers: Handlers, cause: RequestCause
) -> CalloutView:
    """Hours count from here. Where the phone shows another place it is refused once, with the
    distance; said again within ten minutes it is taken, and an officer looks at the hours."""
    return callout_view(await handlers.arrive(id, who.subject, cause), who)


@router.post(
    "/{id}/still-here",
    summary="I am still coming, or still here",
    responses=refuses("wrong_state"),
)
async def confirm_still_here(
    id: Id, who: Volunteer, handlers: Handlers, cause: RequestCause
) -> CalloutView:
    """The answer to being asked for a sign. Setting out, arriving and finishing are signs, too."""
    return callout_view(await handlers.still_here(id, who.subject, cause), who)


@router.post("/{id}/finish", summary="I am done here", responses=refuses("wrong_state"))
async def finish_callout(
    body: FinishCallout, id: Id, who: Volunteer, handlers: Handlers, cause: RequestCause
) -> CalloutView:
    return callout_view(await handlers.finish(id, who.subject, body.outcome, cause), who)


@router.post("/{id}/withdraw", summary="I cannot come after all", responses=refuses("wrong_state"))
async def withdraw_from_callout(
    id: Id, who: Volunteer, handlers: Handlers, cause: RequestCause
) -> CalloutView:
    return callout_view(await handlers.withdraw(id, who.subject, cause), who)


@router.post(
    "/{id}/call",
    summary="Call these people",
    responses=refuses(
        "outside_squad",
        "no_such_volunteer",
        "not_free",
        "enough_people",
        "asked_before",
        "wrong_state",
    ),
)
async def call_volunteers_to_callout(
    body: CallVolunteers, id: Id, who: Commander, handlers: Handlers, cause: RequestCause
) -> ManualCallView:
    """Officers of the area call anybody, a leader people of the own squad. Whoever is free is
    called."""
    changed, not_called = await handlers.call_manually(id, who, body.volunteers, cause)
    return ManualCallView(**callout_view(changed, who).model_dump(), not_called=not_called)


@router.get(
    "/{id}/candidates",
    summary="Who was considered, and why they were called or not",
    responses=refuses("outside_area"),
)
async def list_callout_candidates(
    id: Id,
    who: Commander,
    handlers: Handlers,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> CandidatePage:
    """Officers of the area see everybody, a leader the own squad."""
    callout, after = await handlers.get(id), from_cursor(cursor)
    everybody = commands(who, callout)
    if not everybody and not who.squads_led:
        raise Refusal("outside_area")
    found = await handlers.candidacies(callout)
    seen = [one for one in found if everybody or one.squad in who.squads_led]
    names = [one.volunteer for one in seen]
    start = names.index(after.id) + 1 if after and after.id in names else 0
    page, following = page_of(
        seen[start:], limit, lambda one: to_cursor(callout.opened_at, one.volunteer)
    )
    return CandidatePage(items=[candidate_view(one) for one in page], next=following)


@router.get("/{id}/candidates/me", summary="Why was I called, or not?")
async def get_own_callout_candidacy(id: Id, who: Volunteer, handlers: Handlers) -> CandidateView:
    callout = await handlers.get(id)
    return candidate_view(own_candidacy(who.subject, await handlers.candidacies(callout)))
