"""What registration publishes about an account."""

from collections.abc import Sequence
from datetime import UTC, datetime

from contracts.envelope import Event
from contracts.events.registration import (
    AccountOpened,
    GrantChange,
    GrantsChanged,
    PersonErased,
    SessionRevoked,
    VolunteerStandingChanged,
)
from jinan.areas import CITY
from services.registration.account.domain import Account, GrantAction, HeldGrant

UNKNOWN_YEAR = 1900


def account_opened(account: Account) -> AccountOpened:
    """A new account has the resident's grant only; a GrantsChanged follows where there are more."""
    return AccountOpened(account=account.id)


def grants_changed(
    before: Account, after: Account, by: str, now: datetime, why: str | None = None
) -> GrantsChanged:
    """All grants with their ends; readers skip those that have ended. `by` took what is missing;
    `why` is the id of the reason. A grant that takes the place of another of its kind is given. To
    be stored with the account, which is one version further then."""
    kept = {grant.key for grant in after.grants}
    given = [
        _change("given", grant, grant.given_by, now, grant.why)
        for grant in after.grants
        if grant not in before.grants
    ]
    taken = [
        _change("taken", grant, by, now, why)
        for grant in before.grants
        if grant.key not in kept and grant.holds(now)
    ]
    return GrantsChanged(
        account=after.id,
        grants=tuple(grant.contract() for grant in after.grants),
        account_version=after.version + 1,
        changes=(*taken, *given),
    )


def _change(
    what: GrantAction, grant: HeldGrant, by: str, now: datetime, why: str | None
) -> GrantChange:
    return GrantChange(
        **grant.contract().model_dump(),
        what=what,
        by=by,
        confirmed_by=grant.confirmed_by if what == "given" else None,
        why=why,
        at=now,
    )


def session_revoked(account: Account, session: str, reason: str) -> SessionRevoked:
    return SessionRevoked(account=account.id, session=session, reason=reason)


def standing_changed(account: Account, *, lapsed: bool = False) -> VolunteerStandingChanged:
    """`lapsed`: nobody decided about the application. Raises ValueError for an account that never
    applied."""
    volunteer = account.volunteer
    if volunteer is None or account.birth_year is None:
        raise ValueError("not a volunteer")
    return VolunteerStandingChanged(
        volunteer=account.id,
        station=volunteer.station,
        area=volunteer.area,
        standing=volunteer.standing,
        squad=volunteer.squad,
        skills=volunteer.skills,
        birth_year=account.birth_year,
        lapsed=lapsed,
    )


def erased(account: Account) -> PersonErased:
    return PersonErased(account=account.id)


def standing_ended(account: Account) -> VolunteerStandingChanged:
    """The last one of somebody who is erased: it says nothing more of them than that they may not
    be called. Raises ValueError for an account that never applied."""
    if account.volunteer is None:
        raise ValueError("not a volunteer")
    return VolunteerStandingChanged(
        volunteer=account.id,
        station=account.volunteer.station,
        area=CITY,
        standing="suspended",
        birth_year=UNKNOWN_YEAR,
    )


def state(account: Account) -> Sequence[Event]:
    """All that others keep of it; nothing is different, so nobody gave or took anything."""
    if account.erased_at is not None:
        return ()
    applied = account.volunteer is not None and account.birth_year is not None
    grants = grants_changed(account, account, account.id, datetime.min.replace(tzinfo=UTC))
    return [grants, *([standing_changed(account)] if applied else ())]
