"""Who may read the name behind an id, and how much of it is shown to whoever gives a role."""

from datetime import datetime

from contracts.access import Principal
from contracts.vocabulary import Role
from jinan.areas import covers
from services.registration.account.domain import Account

_READERS: tuple[Role, ...] = ("officer", "leader")
_STAFF: tuple[Role, ...] = ("officer", "committee")


def reads_name_as(who: Principal, account: Account, now: datetime) -> Role | None:
    """The role in which they may read the account's name; None where they may not.

    A volunteer's: officers of the area and the leader of the squad. That of officers and committee
    staff: officers whose area lies within theirs, or theirs within it: they hand matters to each
    other. A resident's: nobody here.
    """
    if account.erased_at is not None:
        return None
    if volunteer := account.volunteer:
        for role in _READERS:
            if who.may("person.read", volunteer.area, role, squad=volunteer.squad):
                return role
    areas = [grant.area for grant in who.grants_for("person.read") if grant.role == "officer"]
    staff = [grant.area for grant in account.grants_at(now) if grant.role in _STAFF]
    meet = any(covers(one, other) or covers(other, one) for one in areas for other in staff)
    return "officer" if meet else None


def masked(name: str) -> str:
    """The first sign, so that whoever gives a role sees that it is the right person."""
    return name[:1] + "*" * (len(name) - 1)
