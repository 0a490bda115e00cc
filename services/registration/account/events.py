"""What registration publishes about an account."""

from collections.abc import Sequence

from contracts.envelope import Event
from contracts.events.registration import (
    AccountOpened,
    GrantsChanged,
    SessionRevoked,
    VolunteerStandingChanged,
)
from services.registration.account.domain import Account


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


def state(account: Account) -> Sequence[Event]:
    """All that others keep of it."""
    applied = account.volunteer is not None and account.birth_year is not None
    return [grants_changed(account), *([standing_changed(account)] if applied else ())]
