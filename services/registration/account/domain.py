"""A person: one document that holds who they are, what they may do, where they stand with the
station, and sessions.

Everything personal is sealed before it comes here: this module never sees a name, a number or a
reason.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from chassis.domain import Aggregate, Refusal
from contracts.access import Grant
from contracts.vocabulary import Role, Skill, Standing
from jinan.areas import CITY

Source = Literal["sign_up", "approval", "squad", "hand"]
"""What a grant came from; only what was given by hand is taken back by hand."""


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class HeldGrant(Record):
    """A role in an area, by whom and until when. `given_by` is an account, a squad or `system`."""

    role: Role
    area: str
    squad: str | None = None
    source: Source
    given_by: str
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.until is None or now < self.until

    def contract(self) -> Grant:
        return Grant(role=self.role, area=self.area, squad=self.squad, until=self.until)


class Session(Record):
    """A sign-in. `turn` counts its refresh tokens from 1: the one of this turn is good, older ones
    were used.

    Nothing that is stored here is a token: a token's secret is the keyed hash of these values.
    """

    id: str
    salt: str
    turn: int = 1
    opened_at: datetime
    refreshed_at: datetime
    expires_at: datetime


class Proposal(Record):
    """What a leader or a committee asks the station to decide. `reason` is sealed."""

    id: str
    what: Literal["approve", "suspend"]
    by: str
    by_role: Role
    at: datetime
    reason: str


class StandingEntry(Record):
    """One line of the history, never changed. `reason` is sealed."""

    at: datetime
    by: str
    standing: Standing
    reason: str | None = None


class Volunteer(Record):
    """Where an account stands with its station. `area`: the community they live in."""

    station: str
    area: str
    standing: Standing
    squad: str | None = None
    skills: tuple[Skill, ...] = ()
    applied_at: datetime
    history: tuple[StandingEntry, ...] = ()
    proposals: tuple[Proposal, ...] = ()


class Account(Aggregate):
    """`phone`, `name` and `id_number` are ciphertexts; `id_number_key` is the keyed hash that keeps
    it single."""

    phone: str
    name: str | None = None
    birth_year: int | None = None
    id_number: str | None = None
    id_number_key: str | None = None
    grants: tuple[HeldGrant, ...] = ()
    volunteer: Volunteer | None = None
    sessions: tuple[Session, ...] = ()
    code_used: str | None = None
    """The last one-time code that opened a session: it opens no other."""

    def held(self, now: datetime) -> tuple[HeldGrant, ...]:
        return tuple(grant for grant in self.grants if grant.holds(now))

    def session(self, id: str) -> Session | None:
        return next((session for session in self.sessions if session.id == id), None)

    def leads(self, squad: str | None = None) -> bool:
        """Whether they are the named leader of the squad, or of any."""
        return any(
            grant.role == "leader" and grant.source == "squad" and squad in (None, grant.squad)
            for grant in self.grants
        )


def resident() -> HeldGrant:
    """What everybody has who signed up."""
    return HeldGrant(role="resident", area=CITY, source="sign_up", given_by="system")


def described(account: Account, name: str | None, birth_year: int | None) -> Account:
    """The account with a (sealed) name and a birth year. Refused once the station goes by what the
    ID number says."""
    if account.volunteer is not None and account.volunteer.standing != "rejected":
        raise Refusal("identity_checked")
    changes = {
        key: value
        for key, value in (("name", name), ("birth_year", birth_year))
        if value is not None
    }
    return account.model_copy(update=changes)
