"""grants: roles in areas, given and taken back by hand."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from chassis.http.dependencies import Now, provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.http.schemas import UtcDatetime
from chassis.identity.guards import Principal, allow
from contracts.vocabulary import Role
from services.registration.account.views import GrantView, grant_views
from services.registration.grant.handlers import GrantHandlers

router = APIRouter(prefix="/grants", tags=["grants"], route_class=PlainRoute)
Giver = Annotated[Principal, allow("grant.give")]
Grants = Annotated[GrantHandlers, provided(GrantHandlers)]
AREA = r"^3701(\d{2}(\d{3}(\d{3})?)?)?$"


class NewGrant(BaseModel):
    model_config = ConfigDict(extra="forbid")

    account: str = Field(pattern=r"^acc_[0-9a-f]{20}$")
    role: Role
    area: str = Field(pattern=AREA, examples=["370104009"])
    squad: str | None = Field(None, max_length=40, pattern=r"^squ_[0-9a-z]+$")
    until: UtcDatetime | None = None


class GrantsView(BaseModel):
    account: str
    grants: tuple[GrantView, ...]


@router.post("", status_code=201)
async def give(
    body: NewGrant, who: Giver, grants: Grants, clock: Now, cause: RequestCause
) -> GrantsView:
    """Takes effect with the account's next access token, within ten minutes."""
    until: datetime | None = body.until
    account = await grants.give(who, body.account, body.role, body.area, body.squad, until, cause)
    return GrantsView(account=account.id, grants=grant_views(account, clock.now()))


@router.delete("/{account}/{role}/{area}", status_code=204)
async def take(
    account: Annotated[str, Path(pattern=r"^acc_[0-9a-f]{20}$")],
    role: Role,
    area: Annotated[str, Path(pattern=AREA)],
    who: Giver,
    grants: Grants,
    cause: RequestCause,
) -> Response:
    await grants.take(who, account, role, area, cause)
    return Response(status_code=204)
