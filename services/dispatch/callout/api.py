"""Call-outs: answers of those who are called, and what leaders and officers see and do."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from chassis.domain import Refusal
from chassis.http.dependencies import provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.identity.guards import Principal, allow
from contracts.vocabulary import Outcome
from services.dispatch.callout.by_hand import HandCalls
from services.dispatch.callout.handlers import CalloutHandlers
from services.dispatch.callout.page import Cursor, cursor_of, place_of
from services.dispatch.callout.state import CalloutState
from services.dispatch.callout.store import Callouts
from services.dispatch.callout.views import (
    CalloutPage,
    CalloutView,
    CandidatePage,
    CandidateView,
    HandCallView,
    callout_view,
    candidate_view,
    commands,
    leads,
    may_see,
    squads_led,
)
from services.dispatch.callout.why import own_line
from services.dispatch.callout.why_handlers import WhyHandlers

router = APIRouter(prefix="/callouts", tags=["callouts"], route_class=PlainRoute)
Handlers = Annotated[CalloutHandlers, provided(CalloutHandlers)]
Server = Annotated[Principal, allow("duty.serve")]
Commander = Annotated[Principal, allow("callout.command")]
Why = Annotated[WhyHandlers, provided(WhyHandlers)]
Id = Annotated[str, Path(min_length=1, max_length=64)]
Name = Annotated[str, Query(min_length=1, max_length=64)]


class Nothing(BaseModel):
    """An empty body."""

    model_config = ConfigDict(extra="forbid")


class Finish(BaseModel):
    """How it ended, as far as this volunteer can say."""

    model_config = ConfigDict(extra="forbid")

    outcome: Outcome


class CallByHand(BaseModel):
    model_config = ConfigDict(extra="forbid")

    volunteers: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=64)]], Field(min_length=1, max_length=12)
    ]


@router.get("", summary="Call-outs: mine, a station's, or my area's")
async def listed(
    who: Annotated[Principal, allow("own")],
    callouts: Annotated[Callouts, provided(Callouts)],
    mine: bool = False,
    station: Name | None = None,
    state: CalloutState | None = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CalloutPage:
    """`mine`: those I was called to. Else officers of the area, and leaders for what concerns their
    squad."""
    grants, after = who.grants_for("callout.command"), place_of(cursor)
    if mine:
        found = await callouts.asked(who.subject, after, limit)
    elif not grants:
        raise Refusal("not_allowed")
    elif station is not None:
        found = await callouts.of_station(station, state, after, limit)
    else:
        found = await callouts.in_areas([grant.area for grant in grants], state, after, limit)
    seen = [
        callout for callout in found if may_see(who, callout) and state in (None, callout.state)
    ]
    more = cursor_of(found[-1]) if len(found) == limit else None
    return CalloutPage(callouts=[callout_view(callout, who.subject) for callout in seen], next=more)


@router.get("/{id}", summary="A call-out")
async def one(id: Id, who: Annotated[Principal, allow("own")], handlers: Handlers) -> CalloutView:
    callout = await handlers.required(id)
    if not may_see(who, callout):
        raise Refusal("not_found")
    return callout_view(callout, who.subject)


@router.post("/{id}/accept", summary="I am coming")
async def accept(
    _: Nothing, id: Id, who: Server, handlers: Handlers, cause: RequestCause
) -> CalloutView:
    """First come, first served: after the last place 409 `enough_people`; too late, 409
    `call_lapsed`."""
    return callout_view(await handlers.accept(id, who.subject, cause), who.subject)


@router.post("/{id}/decline", summary="I cannot come")
async def decline(
    _: Nothing, id: Id, who: Server, handlers: Handlers, cause: RequestCause
) -> CalloutView:
    return callout_view(await handlers.decline(id, who.subject, cause), who.subject)


@router.post("/{id}/on-the-way", summary="I have set out")
async def on_the_way(
    _: Nothing, id: Id, who: Server, handlers: Handlers, cause: RequestCause
) -> CalloutView:
    return callout_view(await handlers.set_out(id, who.subject, cause), who.subject)


@router.post("/{id}/arrive", summary="I am on scene")
async def arrive(
    _: Nothing, id: Id, who: Server, handlers: Handlers, cause: RequestCause
) -> CalloutView:
    """From here on the time counts."""
    return callout_view(await handlers.arrive(id, who.subject, cause), who.subject)


@router.post("/{id}/finish", summary="I am done here")
async def finish(
    body: Finish, id: Id, who: Server, handlers: Handlers, cause: RequestCause
) -> CalloutView:
    return callout_view(await handlers.finish(id, who.subject, body.outcome, cause), who.subject)


@router.post("/{id}/withdraw", summary="I cannot come after all")
async def withdraw(
    _: Nothing, id: Id, who: Server, handlers: Handlers, cause: RequestCause
) -> CalloutView:
    return callout_view(await handlers.withdraw(id, who.subject, cause), who.subject)


@router.post("/{id}/call", summary="Call these people by hand")
async def call(
    body: CallByHand,
    id: Id,
    who: Commander,
    handlers: Handlers,
    hand: Annotated[HandCalls, provided(HandCalls)],
    cause: RequestCause,
) -> HandCallView:
    """Officers of the area anybody; a leader people of the own squad. Whoever is free is called;
    409 if nobody is."""
    callout = await handlers.required(id)
    if not commands(who, callout):
        if not leads(who, callout):
            raise Refusal("not_found")
        squads = squads_led(who)
        people = await hand.people(body.volunteers)
        if any(person.squad not in squads for person in people.values()):
            raise Refusal("outside_squad")
    changed, not_called = await hand.call(id, list(dict.fromkeys(body.volunteers)), cause)
    return HandCallView(**callout_view(changed, who.subject).model_dump(), not_called=not_called)


@router.get("/{id}/candidates", summary="Who was looked at, and why they were called or not")
async def candidates(id: Id, who: Commander, handlers: Handlers, why: Why) -> CandidatePage:
    """Officers of the area see all; a leader sees the own squad."""
    callout = await handlers.required(id)
    everyone = commands(who, callout)
    squads = squads_led(who)
    if not everyone and not squads:
        raise Refusal("outside_area")
    found = await why.lines(callout)
    seen = [line for line in found if everyone or (line.squad and line.squad in squads)]
    return CandidatePage(candidates=[candidate_view(line) for line in seen])


@router.get("/{id}/candidates/me", summary="Why was I (not) called?")
async def candidates_me(id: Id, who: Server, handlers: Handlers, why: Why) -> CandidateView:
    callout = await handlers.required(id)
    return candidate_view(own_line(who.subject, await why.lines(callout)))
