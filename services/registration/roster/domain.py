"""A station's roster as a file has it, and what it makes of a person's account."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from chassis.domain import Decision, Frozen
from contracts.envelope import Event
from contracts.events.registration import GrantsChanged
from contracts.vocabulary import Role, Skill
from services.registration.account import domain as accounts
from services.registration.account import events
from services.registration.account.domain import Account, HeldGrant, PersonName
from services.registration.grant import domain as grants
from services.registration.grant.domain import GrantArea
from services.registration.policy import POLICIES
from services.registration.squad import domain as squads
from services.registration.squad.domain import SquadId, SquadName
from services.registration.station.domain import (
    Latitude,
    Longitude,
    StationId,
    StationName,
    Streets,
)
from services.registration.volunteer import domain as volunteers
from services.registration.volunteer.domain import Application

SYSTEM = "system"
"""Who gave and decided what a roster says."""
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
RosterStanding = Literal["applied", "approved", "suspended"]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StationEntry(_Entry):
    """The position is that of its door, in WGS-84 degrees."""

    id: StationId
    name: StationName
    streets: Streets
    longitude: Longitude
    latitude: Latitude


class SquadEntry(_Entry):
    """`leader` is the phone of one of the roster's people."""

    id: SquadId
    station: StationId
    name: SquadName
    leader: str | None = None


class VolunteerEntry(_Entry):
    """`area`: the community they live in."""

    station: StationId
    area: str
    id_number: str
    squad: SquadId | None = None
    skills: tuple[Skill, ...] = ()
    standing: RosterStanding = "approved"
    reason: Reason | None = None

    @model_validator(mode="after")
    def _has_reason(self) -> Self:
        if self.standing == "suspended" and self.reason is None:
            raise ValueError("a suspended volunteer needs a `reason`")
        return self


class RoleEntry(_Entry):
    role: Role
    area: GrantArea
    squad: SquadId | None = None
    until: AwareDatetime | None = None


class PersonEntry(_Entry):
    """`birth_year` is taken from the ID number of a volunteer."""

    phone: str
    name: PersonName
    birth_year: int | None = Field(None, ge=1900, le=2100)
    volunteer: VolunteerEntry | None = None
    roles: tuple[RoleEntry, ...] = ()


class RosterFile(_Entry):
    stations: tuple[StationEntry, ...] = ()
    squads: tuple[SquadEntry, ...] = ()
    people: tuple[PersonEntry, ...] = ()


class Enrolment(Frozen):
    """What a roster says of a person. `name` and `reason` are encrypted; `leads` is a squad and its
    station."""

    name: str
    birth_year: int | None
    application: Application | None
    standing: RosterStanding
    reason: str | None
    leads: tuple[str, str] | None
    grants: tuple[HeldGrant, ...]


def enrol(
    account: Account, is_new: bool, enrolment: Enrolment, now: datetime
) -> Decision[Account] | None:
    """Apply to the station, be decided on, lead a squad and hold roles, in one change; None if
    nothing changes. An existing standing or name is kept.

    Raises Refusal as the single decisions do.
    """
    state = account
    published: list[Event] = [events.account_opened(account)] if is_new else []
    for decide in _steps(account, enrolment, now):
        decision = decide(state)
        if decision is not None:
            state, facts = decision
            published += facts
    if state == account and not is_new:
        return None
    latest = {type(event): event for event in published}  # each replaces those of its type before
    if GrantsChanged in latest:
        latest[GrantsChanged] = events.grants_changed(account, state, SYSTEM, now)
    return state, list(latest.values())


def _steps(
    account: Account, enrolment: Enrolment, now: datetime
) -> list[Callable[[Account], Decision[Account] | None]]:
    steps: list[Callable[[Account], Decision[Account] | None]] = []
    application, reason = enrolment.application, enrolment.reason or ""
    if account.volunteer is None and application is not None:
        steps.append(lambda a: volunteers.apply(a, application, now))
        if enrolment.standing != "applied":
            steps.append(lambda a: volunteers.approve(a, SYSTEM, None, now))
        if enrolment.standing == "suspended":
            steps.append(lambda a: volunteers.suspend(a, SYSTEM, reason, now))
    elif account.volunteer is None and account.name is None:
        steps.append(lambda a: (accounts.update(a, enrolment.name, enrolment.birth_year), []))
    if enrolment.leads is not None:
        squad, station = enrolment.leads
        steps.append(partial(squads.lead, squad=squad, station=station, by=SYSTEM, now=now))
    held = {(grant.role, grant.area, grant.squad) for grant in account.grants_at(now)}
    steps += [
        partial(grants.give, grant=grant, now=now, policy=POLICIES.at(now))
        for grant in enrolment.grants
        if (grant.role, grant.area, grant.squad) not in held
    ]
    return steps
