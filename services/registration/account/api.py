"""accounts: one's own account, and who read one's name and phone."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter
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
from chassis.http.schemas import Body, View
from chassis.identity.guards import Principal, allow
from contracts import ids
from contracts.vocabulary import Role, Skill, Standing
from services.registration.account.domain import (
    Account,
    HeldGrant,
    PersonName,
    Volunteer,
)
from services.registration.account.handlers import AccountHandlers
from services.registration.account.personal import PersonalData
from services.registration.account.store import AccessLogEntry

router = APIRouter(prefix="/accounts", tags=["accounts"], route_class=PlainRoute)
Me = Annotated[Principal, allow("own")]
Accounts = Annotated[AccountHandlers, provided(AccountHandlers)]
Personal = Annotated[PersonalData, provided(PersonalData)]


class AccountUpdate(Body):
    """Fields that are null stay as they are."""

    name: PersonName | None = Field(None, examples=["王小明"])
    birth_year: int | None = Field(None, ge=1900, le=2100, examples=[1985])


class GrantView(View):
    role: Role
    area: ids.AreaCode
    squad: ids.SquadId | None
    until: datetime | None

    @classmethod
    def of(cls, grant: HeldGrant) -> Self:
        return cls(role=grant.role, area=grant.area, squad=grant.squad, until=grant.until)


class StandingView(View):
    """Where somebody stands with the station they applied to, and why, if they were rejected or
    suspended."""

    standing: Standing
    station: ids.StationId
    area: ids.AreaCode
    squad: ids.SquadId | None
    skills: tuple[Skill, ...]
    applied_at: datetime
    decided_at: datetime | None = Field(description="Null while they wait for the decision")
    reason: str | None = Field(examples=["身份信息与户籍不符"])

    @classmethod
    def of(cls, volunteer: Volunteer, account: str, personal: PersonalData) -> Self:
        decision = volunteer.decision
        reason = decision and decision.reason
        return cls(
            standing=volunteer.standing,
            station=volunteer.station,
            area=volunteer.area,
            squad=volunteer.squad,
            skills=volunteer.skills,
            applied_at=volunteer.applied_at,
            decided_at=decision and decision.at,
            reason=reason and personal.decrypt(reason, "reason", account),
        )


class AccountView(View):
    """`grants` are those that hold now."""

    id: ids.AccountId
    name: str | None
    birth_year: int | None
    phone: str = Field(examples=["+8613800000000"])
    grants: tuple[GrantView, ...]
    volunteer: StandingView | None

    @classmethod
    def of(
        cls, account: Account, personal: PersonalData, now: datetime, phone: str | None = None
    ) -> Self:
        """`phone`: where it is known and need not be decrypted."""
        volunteer = account.volunteer
        return cls(
            id=account.id,
            name=personal.name_of(account),
            birth_year=account.birth_year,
            phone=phone or personal.phone_of(account),
            grants=tuple(GrantView.of(grant) for grant in account.grants_at(now)),
            volunteer=volunteer and StandingView.of(volunteer, account.id, personal),
        )


class AccessLogEntryView(View):
    """Who read one's name or phone, in which role, and when."""

    at: datetime
    by: ids.AccountId
    by_role: Role
    fields: tuple[str, ...] = Field(examples=[["name", "phone"]])
    report: ids.ReportId | None = Field(description="Because of which report of one's own")
    reason: str | None = Field(examples=["现场找不到，需要问路"])

    @classmethod
    def of(cls, entry: AccessLogEntry, personal: PersonalData) -> Self:
        reason = entry.reason and personal.decrypt(entry.reason, "reason", entry.person)
        return cls.model_validate(entry.model_dump() | {"reason": reason})


class AccessLogPage(Page[AccessLogEntryView]):
    """The latest first."""


class OwnStandingView(View):
    at: datetime
    standing: Standing


class ReadView(View):
    """Somebody read one's fields; who it was is known to the city."""

    at: datetime
    by_role: Role
    fields: tuple[str, ...] = Field(examples=[["name", "phone"]])


class CopiedSessionView(View):
    opened_at: datetime
    refreshed_at: datetime
    expires_at: datetime


class AccountData(View):
    """All that registration knows of a person. Nobody else's data is in it: neither who decided nor
    who proposed. `elsewhere` has the lists of the other services."""

    id: ids.AccountId = Field(description="The account's")
    taken_at: datetime
    account: AccountView
    id_number: str | None
    standings: tuple[OwnStandingView, ...]
    sessions: tuple[CopiedSessionView, ...]
    read_by: tuple[ReadView, ...] = Field(description="The latest 1,000, the latest first")
    elsewhere: tuple[str, ...] = Field(examples=[["reports/me/data"]])


_ELSEWHERE = (
    "reports/me/data",
    "log-entries/me/data",
    "duty/me/data",
    "service-records?mine=true",
    "inbox/me/data",
)


@router.get("/me")
async def get_own_account(
    who: Me, accounts: Accounts, personal: Personal, clock: Now
) -> AccountView:
    return AccountView.of(await accounts.own(who), personal, clock.now())


@router.patch("/me", responses=refuses("identity_checked", "birth_year_invalid"))
async def update_own_account(
    body: AccountUpdate,
    who: Me,
    accounts: Accounts,
    personal: Personal,
    clock: Now,
    cause: RequestCause,
) -> AccountView:
    """Not for volunteers: the station knows them by their ID number."""
    account = await accounts.update(who, body.name, body.birth_year, cause)
    return AccountView.of(account, personal, clock.now())


@router.get("/me/access-log")
async def list_own_access_log(
    who: Me,
    accounts: Accounts,
    personal: Personal,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> AccessLogPage:
    """Everybody who read one's name or phone."""
    read = await accounts.access_log(who, from_cursor(cursor), limit)
    entries, following = page_of(read, limit, lambda entry: to_cursor(entry.at, entry.id))
    items = [AccessLogEntryView.of(entry, personal) for entry in entries]
    return AccessLogPage(items=items, next=following)


@router.get("/me/data", summary="A copy of what registration knows of me")
async def export_own_account(
    who: Me, accounts: Accounts, personal: Personal, clock: Now
) -> AccountData:
    """Noted in the access log."""
    account, log = await accounts.copy(who)
    history = account.volunteer.history if account.volunteer else ()
    number = account.id_number
    return AccountData(
        id=account.id,
        taken_at=clock.now(),
        account=AccountView.of(account, personal, clock.now()),
        id_number=number and personal.decrypt(number, "id_number", account.id),
        standings=tuple(OwnStandingView(at=one.at, standing=one.standing) for one in history),
        sessions=tuple(
            CopiedSessionView(
                opened_at=one.opened_at, refreshed_at=one.refreshed_at, expires_at=one.expires_at
            )
            for one in account.sessions
        ),
        read_by=tuple(ReadView(at=one.at, by_role=one.by_role, fields=one.fields) for one in log),
        elsewhere=_ELSEWHERE,
    )
