"""accounts: one's own."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.http.dependencies import Now, provided
from chassis.http.idempotency import RequestCause
from chassis.http.plain_route import PlainRoute
from chassis.identity.guards import Principal, allow
from contracts.vocabulary import Role
from services.registration.account.handlers import AccountHandlers
from services.registration.account.personal import Personal
from services.registration.account.views import AccountView, account_view

router = APIRouter(prefix="/accounts", tags=["accounts"], route_class=PlainRoute)
Me = Annotated[Principal, allow("own")]
Accounts = Annotated[AccountHandlers, provided(AccountHandlers)]
PersonName = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f<>$]+$"
    ),
]


class Description(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: PersonName | None = None
    birth_year: int | None = Field(None, ge=1900, le=2100)


class LookView(BaseModel):
    """Who looked at one's name or phone, in which role, and when."""

    at: datetime
    by: str
    by_role: Role
    what: list[str] = Field(examples=[["name", "phone"]])


class LooksView(BaseModel):
    looks: list[LookView]


@router.get("/me")
async def me(
    who: Me, accounts: Accounts, personal: Annotated[Personal, provided(Personal)], clock: Now
) -> AccountView:
    return account_view(await accounts.mine(who), personal, clock.now())


@router.patch("/me")
async def describe(
    body: Description,
    who: Me,
    accounts: Accounts,
    personal: Annotated[Personal, provided(Personal)],
    clock: Now,
    cause: RequestCause,
) -> AccountView:
    """Set one's name or birth year; not for volunteers, whom the station knows by their ID
    number."""
    return account_view(
        await accounts.describe(who, body.name, body.birth_year, cause), personal, clock.now()
    )


@router.get("/me/looks")
async def looks(who: Me, accounts: Accounts) -> LooksView:
    """Everybody who looked at one's name or phone, the latest 100 first."""
    return LooksView(
        looks=[
            LookView.model_validate(look.model_dump()) for look in await accounts.looks_at_me(who)
        ]
    )
