"""grants: roles in areas, given and taken back by hand."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from chassis.http.dependencies import Now, provided
from chassis.http.idempotency import RequestCause
from chassis.http.paging import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    Page,
    from_cursor,
    page_of,
    to_cursor,
)
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import Body, UtcDatetime, View, free_text
from chassis.identity.guards import Principal, allow
from contracts import ids
from contracts.access import Grant
from contracts.vocabulary import Role
from services.registration.account.api import GrantView
from services.registration.account.domain import GrantAction, HeldGrant
from services.registration.grant.domain import GrantArea
from services.registration.grant.handlers import GrantHandlers, GrantLogHandlers
from services.registration.squad.domain import SquadId

router = APIRouter(prefix="/grants", tags=["grants"], route_class=PlainRoute)
Giver = Annotated[Principal, allow("grant.give")]
Grants = Annotated[GrantHandlers, provided(GrantHandlers)]
Log = Annotated[GrantLogHandlers, provided(GrantLogHandlers)]
_ACCOUNT = r"^acc_[0-9a-f]{20}$"
Reason = Annotated[str, free_text(500), Field(examples=["接替已退休的值班民警"])]


class NewGrant(Body):
    account: str = Field(pattern=_ACCOUNT, examples=["acc_5f1e0c9a7b3d2e4f6a8c"])
    role: Role = Field(examples=["officer"])
    area: GrantArea = Field(examples=["370104009"])
    squad: SquadId | None = None
    until: UtcDatetime | None = None
    reason: Reason | None = None


class TakenGrant(Body):
    reason: Annotated[Reason | None, Field(examples=["已调离本所"])] = None


_NO_REASON = TakenGrant()


class GrantLogEntryView(View):
    """`by`: an account, or `system` for a roster. `confirmed_by`: the second person of a strong
    role."""

    at: datetime
    account: ids.AccountId
    what: GrantAction
    role: Role
    area: ids.AreaCode
    squad: ids.SquadId | None
    until: datetime | None
    by: ids.ActorId
    confirmed_by: ids.AccountId | None
    reason: str | None


class GrantLogPage(Page[GrantLogEntryView]):
    """The latest first."""


class HandGrantView(GrantView):
    """`given_by`: an account, or `system` for a roster. `confirmed_by`: the second person of a
    strong role."""

    given_by: ids.ActorId
    confirmed_by: ids.AccountId | None

    @classmethod
    def of(cls, grant: HeldGrant) -> Self:
        shown = grant.model_dump(exclude={"source", "why"})
        return cls.model_validate(shown)


class GrantHolderView(View):
    """Only the grants that were asked for."""

    account: ids.AccountId
    grants: tuple[HandGrantView, ...]


class GrantHolderPage(Page[GrantHolderView]):
    """By account."""


class GrantsView(View):
    """All grants of the account that hold now."""

    account: ids.AccountId
    grants: tuple[GrantView, ...]


@router.post(
    "",
    status_code=201,
    responses=refuses(
        "squad_unknown",
        "until_past",
        "area_unknown",
        "grant_follows",
        "not_approved",
        "last_city_officer",
        "last_city_desk",
        "second_person_needed",
        "too_many_grants",
    ),
)
async def give_grant(
    body: NewGrant, who: Giver, grants: Grants, clock: Now, cause: RequestCause
) -> GrantsView:
    """Officers give in their own area, the city desk anywhere. The roles officer, city_desk and
    operator need a second person (grant-proposals); here they only get an earlier end.
    Holds at once, with the tokens that the account has."""
    grant = Grant(role=body.role, area=body.area, squad=body.squad, until=body.until)
    account = await grants.give(who, body.account, grant, body.reason, cause)
    held = tuple(GrantView.of(grant) for grant in account.grants_at(clock.now()))
    return GrantsView(account=account.id, grants=held)


@router.get("")
async def list_grants(
    who: Giver,
    grants: Grants,
    area: Annotated[GrantArea | None, Query(description="this one and what lies in it")] = None,
    role: Role | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> GrantHolderPage:
    """Who holds a role now that was given by hand: in the areas of an officer, or anywhere for the
    city desk. Without names: those are looked up (people), by whoever may read them."""
    read = await grants.holders(who, area, role, cursor or "", limit)
    page, following = page_of(read, limit, lambda holder: holder.account)
    items = [
        GrantHolderView(
            account=holder.account,
            grants=tuple(HandGrantView.of(grant) for grant in holder.grants),
        )
        for holder in page
    ]
    return GrantHolderPage(items=items, next=following)


@router.get("/log", responses=refuses("not_allowed"))
async def list_grant_log(
    who: Annotated[Principal, allow("own")],
    log: Log,
    account: Annotated[str | None, Query(pattern=_ACCOUNT)] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> GrantLogPage:
    """Who gave which role to whom, or took it, and why. Everybody reads what concerns themselves;
    officers and the city desk, what concerns their areas."""
    own = not who.grants_for("grant.give")
    found = await log.newest(
        who, account or (who.subject if own else None), from_cursor(cursor), limit
    )
    entries, following = page_of(found, limit, lambda entry: to_cursor(entry.at, entry.id))
    items = [GrantLogEntryView(**entry.model_dump(exclude={"id", "why"})) for entry in entries]
    return GrantLogPage(items=items, next=following)


@router.delete(
    "/{account}/{role}/{area}",
    status_code=204,
    responses=refuses("grant_follows", "last_city_officer", "last_city_desk"),
)
async def revoke_grant(
    account: Annotated[str, Path(pattern=_ACCOUNT)],
    role: Role,
    area: Annotated[GrantArea, Path()],
    who: Giver,
    grants: Grants,
    cause: RequestCause,
    body: TakenGrant = _NO_REASON,
) -> Response:
    """By one person, for strong roles too."""
    await grants.revoke(who, account, role, area, body.reason, cause)
    return Response(status_code=204)
