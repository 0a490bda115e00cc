"""What registration publishes about an account."""

from contracts.events.registration import (
    AccountOpened,
    GrantsChanged,
    PersonErased,
    SessionRevoked,
    VolunteerStandingChanged,
)
from jinan.areas import CITY
from services.registration.account.domain import Account

UNKNOWN_YEAR = 1900


def account_opened(account: Account) -> AccountOpened:
    """A new account has the resident's grant only; a GrantsChanged follows where there are more."""
    return AccountOpened(account=account.id)


def grants_changed(account: Account) -> GrantsChanged:
    """All grants with their ends; readers skip those that have ended. To be stored with the
    account, which is one version further then."""
    return GrantsChanged(
        account=account.id,
        grants=tuple(grant.contract() for grant in account.grants),
        account_version=account.version + 1,
    )


def session_revoked(account: Account, session: str, reason: str) -> SessionRevoked:
    return SessionRevoked(account=account.id, session=session, reason=reason)


def standing_changed(account: Account) -> VolunteerStandingChanged:
    """Raises ValueError for an account that never applied."""
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
