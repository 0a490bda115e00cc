"""Grants given and taken back by hand. Those that follow from approval or from leading a squad are
not touched here."""

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from chassis.domain import Decision, Refusal
from contracts.vocabulary import Role
from services.registration.account import events
from services.registration.account.domain import Account, HeldGrant

GrantArea = Annotated[str, StringConstraints(pattern=r"^3701(\d{2}(\d{3}(\d{3})?)?)?$")]
OFFICER_GIVES: frozenset[Role] = frozenset({"volunteer", "leader", "committee"})
"""What an officer may give in their own area; the city desk may give any role anywhere."""


def give(account: Account, grant: HeldGrant, now: datetime) -> Decision[Account] | None:
    """One grant for each role, area and squad: a new one replaces an ended or shorter one. None if
    the same follows from something else already.

    Raises Refusal for a volunteer's role without the station's approval, and for an end in the
    past.
    """
    if not grant.holds(now):
        raise Refusal("until_past", "body.until")
    if grant.role == "resident":
        raise Refusal("grant_follows", "body.role")
    volunteer = account.volunteer
    if grant.role in ("volunteer", "leader") and (
        volunteer is None or volunteer.standing != "approved"
    ):
        raise Refusal("not_approved")
    if any(_same(held, grant) and held.source != "hand" for held in account.grants):
        return None
    kept = tuple(held for held in account.grants if not _same(held, grant))
    changed = account.with_(grants=(*kept, grant))
    return changed, [events.grants_changed(changed)]


def revoke(account: Account, role: Role, area: str) -> Decision[Account] | None:
    """Take back what was given by hand. None if there is no such grant.

    Raises Refusal where the role follows from something else.
    """
    meant = [grant for grant in account.grants if (grant.role, grant.area) == (role, area)]
    by_hand = [grant for grant in meant if grant.source == "hand"]
    if meant and not by_hand:
        raise Refusal("grant_follows")
    if not by_hand:
        return None
    changed = account.with_(grants=tuple(g for g in account.grants if g not in by_hand))
    return changed, [events.grants_changed(changed)]


def _same(one: HeldGrant, other: HeldGrant) -> bool:
    return (one.role, one.area, one.squad) == (other.role, other.area, other.squad)
