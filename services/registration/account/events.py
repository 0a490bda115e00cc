"""Facts about an account, as other services may know them."""

from contracts.events.registration import (
    AccountOpened,
    GrantsChanged,
    SessionRevoked,
    VolunteerStandingChanged,
)
from services.registration.account.domain import Account


def opened(account: Account) -> AccountOpened:
    """Whoever opens an account is a resident of the city; a GrantsChanged says so when it is more
    or else."""
    return AccountOpened(account=account.id)


def grants_changed(account: Account) -> GrantsChanged:
    """All grants with their ends: readers pass over those that have ended."""
    return GrantsChanged(
        account=account.id, grants=tuple(grant.contract() for grant in account.grants)
    )


def session_revoked(account: Account, session: str, reason: str) -> SessionRevoked:
    return SessionRevoked(account=account.id, session=session, reason=reason)


def standing_changed(account: Account) -> VolunteerStandingChanged:
    """Raises ValueError for an account that never applied."""
    facts = account.volunteer
    if facts is None or account.birth_year is None:
        raise ValueError("not a volunteer")
    return VolunteerStandingChanged(
        volunteer=account.id,
        station=facts.station,
        area=facts.area,
        standing=facts.standing,
        squad=facts.squad,
        skills=facts.skills,
        birth_year=account.birth_year,
    )
