"""Squads of a station, each with a leader or none; and what leading a squad does to the leader's
account."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from chassis.domain import Aggregate, Decision, Refusal
from chassis.inputs.typed import Name
from contracts.events.registration import SquadFormed
from jinan.areas import street_of
from services.registration.account import events
from services.registration.account.domain import Account, HeldGrant, with_volunteer_grant

SquadId = Annotated[str, StringConstraints(max_length=40, pattern=r"^squ_[0-9a-z]+$")]
SquadName = Annotated[
    Name, StringConstraints(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f<>$]+$")
]


class Squad(Aggregate):
    """`leader` is an account; their grant follows from it. `appointed_by`: who chose them, an
    account or `system`; None where it was not kept."""

    station: str
    name: str
    leader: str | None = None
    appointed_by: str | None = None
    formed_at: datetime


def form(squad: Squad) -> Decision[Squad]:
    return squad, state(squad)


def with_leader(squad: Squad, leader: str | None, by: str | None) -> Decision[Squad] | None:
    """None if nothing changes."""
    if squad.leader == leader:
        return None
    changed = squad.with_(leader=leader, appointed_by=by)
    return changed, state(changed)


def without_leader(squad: Squad, leader: str) -> Decision[Squad] | None:
    """None if it has another leader by now."""
    return with_leader(squad, None, None) if squad.leader == leader else None


def lead(
    account: Account, squad: str, station: str, by: str, now: datetime
) -> Decision[Account] | None:
    """Give the grant of the squad's leader, and make them a member. None if they lead it already.

    Raises Refusal if the station has not approved them, or they lead another squad.
    """
    volunteer = account.volunteer
    if volunteer is None or volunteer.standing != "approved" or volunteer.station != station:
        raise Refusal("not_approved")
    if account.leads(squad):
        return None
    if account.leads():
        raise Refusal("leads_a_squad")
    grant = HeldGrant(
        role="leader", area=street_of(volunteer.area), squad=squad, source="squad", given_by=by
    )
    member = account.with_(volunteer=volunteer.with_(squad=squad), grants=(*account.grants, grant))
    changed = with_volunteer_grant(member, by)
    facts = events.standing_changed(changed), events.grants_changed(account, changed, by, now)
    return changed, facts


def step_down(account: Account, squad: str, by: str, now: datetime) -> Decision[Account] | None:
    """Take the leader's grant back; they stay a member. None if they do not lead the squad."""
    if not account.leads(squad):
        return None
    left = tuple(
        grant
        for grant in account.grants
        if (grant.role, grant.source, grant.squad) != ("leader", "squad", squad)
    )
    changed = account.with_(grants=left)
    return changed, [events.grants_changed(account, changed, by, now)]


def state(squad: Squad) -> Sequence[SquadFormed]:
    """All that others keep of it."""
    return [SquadFormed(squad=squad.id, station=squad.station, leader=squad.leader)]
