"""grants: roles in areas, given and taken back by hand."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field

from chassis.http.dependencies import Now, provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.http.problems import refuses
from chassis.http.schemas import Body, UtcDatetime, View
from chassis.identity.guards import Principal, allow
from contracts.access import Grant
from contracts.vocabulary import Role
from services.registration.account.api import GrantView
from services.registration.grant.domain import GrantArea
from services.registration.grant.handlers import GrantHandlers
from services.registration.squad.domain import SquadId

router = APIRouter(prefix="/grants", tags=["grants"], route_class=PlainRoute)
Giver = Annotated[Principal, allow("grant.give")]
Grants = Annotated[GrantHandlers, provided(GrantHandlers)]
_ACCOUNT = r"^acc_[0-9a-f]{20}$"


class NewGrant(Body):
    account: str = Field(pattern=_ACCOUNT, examples=["acc_5f1e0c9a7b3d2e4f6a8c"])
    role: Role = Field(examples=["officer"])
    area: GrantArea = Field(examples=["370104009"])
    squad: SquadId | None = None
    until: UtcDatetime | None = None


class GrantsView(View):
    """All grants of the account that hold now."""

    account: str
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
    ),
)
async def give_grant(
    body: NewGrant, who: Giver, grants: Grants, clock: Now, cause: RequestCause
) -> GrantsView:
    """Holds at once, with the tokens that the account has."""
    grant = Grant(role=body.role, area=body.area, squad=body.squad, until=body.until)
    account = await grants.give(who, body.account, grant, cause)
    held = tuple(GrantView.of(grant) for grant in account.grants_at(clock.now()))
    return GrantsView(account=account.id, grants=held)


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
) -> Response:
    await grants.revoke(who, account, role, area, cause)
    return Response(status_code=204)
