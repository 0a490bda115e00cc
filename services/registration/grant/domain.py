"""Grants given and taken back by hand. Those that follow from approval or from leading a squad are
not touched here."""

from collections.abc import Sequence
from datetime import datetime

from chassis.domain import Refusal
from contracts.envelope import Event
from contracts.vocabulary import Role
from jinan.areas import covers
from services.registration.account import events
from services.registration.account.domain import Account, HeldGrant

OFFICER_GIVES: frozenset[Role] = frozenset({"volunteer", "leader", "committee"})
"""What an officer may give in the own area; the city desk may give any role anywhere."""
Decision = tuple[Account, Sequence[Event]]


def give(account: Account, grant: HeldGrant, now: datetime) -> Decision | None:
    """One grant for each role, area and squad: a new one takes the place of an ended or shorter
    one.

    Refused for volunteers' roles where the station has not approved the person, and for an end that
    has passed.
    """
    if not grant.holds(now):
        raise Refusal("until_past", "body.until")
    if grant.role == "resident":
        raise Refusal("grant_follows", "body.role")
    facts = account.volunteer
    if grant.role in ("volunteer", "leader") and (facts is None or facts.standing != "approved"):
        raise Refusal("not_approved")
    if any(same(held, grant) and held.source != "hand" for held in account.grants):
        return None
    kept = tuple(held for held in account.grants if not same(held, grant))
    changed = account.model_copy(update={"grants": (*kept, grant)})
    return changed, [events.grants_changed(changed)]


def take(account: Account, role: Role, area: str) -> Decision | None:
    """Take back what was given by hand. Refused where the role follows from something else; else
    nothing if gone."""
    meant = [grant for grant in account.grants if (grant.role, grant.area) == (role, area)]
    by_hand = [grant for grant in meant if grant.source == "hand"]
    if meant and not by_hand:
        raise Refusal("grant_follows")
    if not by_hand:
        return None
    changed = account.model_copy(
        update={"grants": tuple(g for g in account.grants if g not in by_hand)}
    )
    return changed, [events.grants_changed(changed)]


def is_of(streets: Sequence[str], area: str) -> bool:
    """Whether a station with these streets serves the area or a part of it: its squads can be named
    in a grant there.

    A leader's grant opens the squad's names and phones, so a squad of another station is not the
    giver's to give.
    """
    return any(covers(area, street) or covers(street, area) for street in streets)


def same(one: HeldGrant, other: HeldGrant) -> bool:
    return (one.role, one.area, one.squad) == (other.role, other.area, other.squad)
