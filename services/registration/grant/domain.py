"""Grants given and taken back by hand. Those that follow from approval or from leading a squad are
not touched here.

Somebody always holds `NEVER_EMPTY`: the city's officers are on its watch while nobody holds it, and
the city desk alone gives roles to officers.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from chassis.domain import Aggregate, Decision, Frozen, Refusal
from contracts.vocabulary import Role
from jinan.areas import CITY, covers, district_of
from jinan.divisions import names
from services.registration.account import events
from services.registration.account.domain import Account, HeldGrant
from services.registration.policy import RegistrationPolicy

GrantArea = Annotated[str, StringConstraints(pattern=r"^3701(\d{2}(\d{3}(\d{3})?)?)?$")]
OFFICER_GIVES: frozenset[Role] = frozenset({"volunteer", "leader", "committee"})
"""What an officer may give in their own area; the city desk may give any role anywhere."""

STRONG: frozenset[Role] = frozenset({"officer", "city_desk", "operator"})
"""Given by two people (`grant_proposal`): they read or give what nobody else does. One takes them
away, so that a stolen phone does not keep them."""

NEVER_EMPTY: Mapping[tuple[Role, str], str] = {
    ("officer", CITY): "last_city_officer",
    ("city_desk", CITY): "last_city_desk",
}
"""(role, area) -> the refusal to whoever would leave it without a holder whose grant has no end."""


class Leaving(Frozen):
    """`request`: two may concern one account at once."""

    request: str
    account: str
    at: datetime


class Holder(Frozen):
    """An account with grants by hand: those that were asked for."""

    account: str
    grants: tuple[HeldGrant, ...]


def held_by_hand(
    account: Account, areas: Sequence[str], role: Role | None, now: datetime
) -> Holder:
    """Those that hold now, of the role if one is named, for these areas and what lies in them."""
    found = tuple(
        grant
        for grant in account.grants_at(now)
        if grant.source == "hand"
        and role in (None, grant.role)
        and any(covers(area, grant.area) for area in areas)
    )
    return Holder(account=account.id, grants=found)


class Departures(Aggregate):
    """Who is about to lose a role that somebody must hold. They do not count as its holders, so
    that of two who take it from each other at once one is refused. Its id names role and area."""

    leaving: tuple[Leaving, ...] = ()


def departures_of(role: Role, area: str) -> Departures:
    return Departures(id=f"{role}-{area}")


def leave(state: Departures, one: Leaving, since: datetime) -> Decision[Departures]:
    """Entries from before `since` are dropped: their process died."""
    others = tuple(other for other in state.leaving if other.at > since)
    return state.with_(leaving=(*others, one)), ()


def left(state: Departures, request: str) -> Decision[Departures]:
    return state.with_(leaving=tuple(o for o in state.leaving if o.request != request)), ()


def require_another(account: Account, role: Role, area: str, another: bool) -> None:
    """Raises Refusal where the account would lose a grant without an end of a role that somebody
    must hold, and there is not `another` holder."""
    refusal = NEVER_EMPTY.get((role, area))
    lasting = any(
        (held.role, held.area, held.source, held.until) == (role, area, "hand", None)
        for held in account.grants
    )
    if refusal is not None and lasting and not another:
        raise Refusal(refusal)


def require_one_person_gives(account: Account, grant: HeldGrant, now: datetime) -> None:
    """Raises Refusal for a strong role, unless it only gets an earlier end than it has: that is to
    take it."""
    if grant.role not in STRONG:
        return
    held = next((h for h in account.grants_at(now) if h.key == grant.key), None)
    if held is None or grant.until is None or (held.until and held.until < grant.until):
        raise Refusal("second_person_needed")


def give(
    account: Account, grant: HeldGrant, now: datetime, policy: RegistrationPolicy
) -> Decision[Account] | None:
    """One grant for each role, area and squad: a new one replaces an ended or shorter one. None if
    the same follows from something else already.

    Raises Refusal for a volunteer's role without the station's approval, for an area of no
    district, for an end in the past, and for more grants than the gateway takes in a token.
    """
    if district_of(grant.area) not in names():
        raise Refusal("area_unknown", "body.area")
    if not grant.holds(now):
        raise Refusal("until_past", "body.until")
    if grant.role == "resident":
        raise Refusal("grant_follows", "body.role")
    volunteer = account.volunteer
    if grant.role in ("volunteer", "leader") and (
        volunteer is None or volunteer.standing != "approved"
    ):
        raise Refusal("not_approved")
    if any(held.key == grant.key and held.source != "hand" for held in account.grants):
        return None
    kept = tuple(held for held in account.grants_at(now) if held.key != grant.key)
    if len(kept) >= policy.max_grants:
        raise Refusal("too_many_grants", most=policy.max_grants)
    changed = account.with_(grants=(*kept, grant))
    return changed, [events.grants_changed(account, changed, grant.given_by, now)]


def revoke(
    account: Account, role: Role, area: str, by: str, now: datetime, why: str | None = None
) -> Decision[Account] | None:
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
    return changed, [events.grants_changed(account, changed, by, now, why)]
