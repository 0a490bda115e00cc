"""An account as its owner sees it."""

from datetime import datetime

from pydantic import BaseModel, Field

from contracts.vocabulary import Role, Skill, Standing
from services.registration.account.domain import Account
from services.registration.account.personal import Personal


class GrantView(BaseModel):
    role: Role
    area: str = Field(examples=["370104009"])
    squad: str | None = None
    until: datetime | None = None


class StandingView(BaseModel):
    """Where somebody stands with the station they applied to."""

    standing: Standing
    station: str
    area: str
    squad: str | None = None
    skills: tuple[Skill, ...] = ()
    applied_at: datetime


class AccountView(BaseModel):
    id: str = Field(examples=["acc_5f1e0c9a7b3d2e4f6a8c"])
    name: str | None = None
    birth_year: int | None = None
    phone: str = Field(examples=["+8613800000000"])
    grants: tuple[GrantView, ...]
    volunteer: StandingView | None = None


def grant_views(account: Account, now: datetime) -> tuple[GrantView, ...]:
    return tuple(
        GrantView(role=grant.role, area=grant.area, squad=grant.squad, until=grant.until)
        for grant in account.held(now)
    )


def account_view(
    account: Account, personal: Personal, now: datetime, phone: str | None = None
) -> AccountView:
    """`phone`: where it is known already and need not be opened."""
    facts = account.volunteer
    return AccountView(
        id=account.id,
        name=personal.name_of(account),
        birth_year=account.birth_year,
        phone=phone or personal.phone_of(account),
        grants=grant_views(account, now),
        volunteer=None if facts is None else StandingView.model_validate(facts.model_dump()),
    )
