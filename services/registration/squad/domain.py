"""Squads of a station, named by who is in them, each with a leader or none."""

from collections.abc import Sequence
from datetime import datetime

from chassis.domain import Aggregate
from contracts.envelope import Event
from contracts.events.registration import SquadFormed

Decision = tuple["Squad", Sequence[Event]]


class Squad(Aggregate):
    """`leader` is an account; their grant follows from this."""

    station: str
    name: str
    leader: str | None = None
    formed_at: datetime


def form(squad: Squad) -> Decision:
    return squad, [_formed(squad)]


def led_by(squad: Squad, leader: str | None) -> Decision | None:
    """With another leader; nothing if it is the same one."""
    if squad.leader == leader:
        return None
    changed = squad.model_copy(update={"leader": leader})
    return changed, [_formed(changed)]


def without(squad: Squad, leader: str) -> Decision | None:
    """With no leader any more, if it is still this one."""
    return led_by(squad, None) if squad.leader == leader else None


def _formed(squad: Squad) -> SquadFormed:
    return SquadFormed(squad=squad.id, station=squad.station, leader=squad.leader)
