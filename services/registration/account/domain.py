"""A person's account: identity, grants, standing as a volunteer, and sessions, in one document.

Names, phones, ID numbers and reasons are encrypted before they come here: this module never sees
them in plain text.
"""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from typing_extensions import TypeAliasType

from chassis.domain import Aggregate, Frozen, Refusal
from chassis.inputs.typed import Name
from contracts.access import Grant
from contracts.vocabulary import Role, Skill, Standing
from jinan.areas import CITY, street_of

Source = Literal["sign_up", "approval", "squad", "hand"]
"""What a grant follows from. Only a grant given by hand is taken back by hand."""

GrantAction = TypeAliasType("GrantAction", Literal["given", "taken"])
ProposedChange = TypeAliasType("ProposedChange", Literal["approve", "suspend"])
PersonName = Annotated[
    Name, StringConstraints(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f<>$]+$")
]
ENDED: frozenset[Standing] = frozenset({"rejected", "withdrawn", "left"})
"""Standings from which one may apply again: the ID number is free, the name one's own to change."""
MIN_AGE, MAX_AGE = 14, 120
"""Years: nobody younger may join, nobody older lives."""


class HeldGrant(Frozen):
    """A role in an area. `given_by` is an account, a squad or `system`."""

    role: Role
    area: str
    squad: str | None = None
    source: Source
    given_by: str
    confirmed_by: str | None = None
    """The second person of a strong role."""
    why: str | None = None
    """Under which id the reason is kept."""
    until: datetime | None = None

    @property
    def key(self) -> tuple[Role, str, str | None]:
        """One grant is held of each."""
        return self.role, self.area, self.squad

    def holds(self, now: datetime) -> bool:
        return self.until is None or now < self.until

    def contract(self) -> Grant:
        return Grant(role=self.role, area=self.area, squad=self.squad, until=self.until)


class Session(Frozen):
    """A sign-in. `turn` counts its refresh tokens from 1; only the token of this turn is valid.

    No token is stored: its secret is the keyed hash of `id`, `salt` and `turn`.
    """

    id: str
    salt: str
    turn: int = 1
    opened_at: datetime
    refreshed_at: datetime
    expires_at: datetime


StationProposalState = TypeAliasType("StationProposalState", Literal["open", "decided", "lapsed"])


class Proposal(Frozen):
    """What a leader or a committee asks the station to decide. `reason` is encrypted."""

    id: str
    what: ProposedChange
    by: str
    by_role: Role
    at: datetime
    reason: str
    state: StationProposalState = "open"
    ended_at: datetime | None = None


class StandingEntry(Frozen):
    """One entry of the history; entries are never changed. `reason` is encrypted."""

    at: datetime
    by: str
    standing: Standing
    reason: str | None = None


class Volunteer(Frozen):
    """Where an account stands with its station. `area` is the community they live in."""

    station: str
    area: str
    standing: Standing
    squad: str | None = None
    skills: tuple[Skill, ...] = ()
    applied_at: datetime
    told: tuple[str, ...] = ()
    """The areas whose officers were told that nobody has decided about the application."""
    history: tuple[StandingEntry, ...] = ()
    proposals: tuple[Proposal, ...] = ()

    @property
    def decision(self) -> StandingEntry | None:
        """The one that the standing follows from; None while they wait for it."""
        return self.history[-1] if self.history and self.standing != "applied" else None


class NumberClaim(Frozen):
    """Somebody else applied to `station` with the ID number that an account holds."""

    account: str
    station: str
    at: datetime


class Erasure(Frozen):
    """Somebody asked to be erased; until `due_at` a sign-in cancels it."""

    asked_at: datetime
    due_at: datetime
    by_role: Literal["resident", "city_desk"]
    """`resident`: they asked themselves; `city_desk`: on a paper."""


class PastStanding(Frozen):
    """What is left of a standing, for the counts."""

    at: datetime
    standing: Standing


class Account(Aggregate):
    """`phone`, `name` and `id_number` are ciphertexts, and stored sealed under the person's own
    key, as `id_number_key` is: a keyed hash, unique over all accounts (`numbers.py`).

    Once erased only `id`, `erased_at` and `standings` say anything.
    """

    phone: str
    phone_key: str | None = Field(default=None, exclude=True)
    """The phone's keyed hash, of a new account: it is stored with the person's key, never here."""
    name: str | None = None
    birth_year: int | None = None
    id_number: str | None = None
    id_number_key: str | None = None
    grants: tuple[HeldGrant, ...] = ()
    volunteer: Volunteer | None = None
    sessions: tuple[Session, ...] = ()
    number_claims: tuple[NumberClaim, ...] = ()
    """Others who say that the ID number is theirs, until an officer has decided."""
    refused_numbers: tuple[str, ...] = ()
    """Keyed hashes of ID numbers that an officer found not to be theirs."""
    code_used: str | None = None
    """The last one-time code that opened a session: it opens no other."""
    erasure: Erasure | None = None
    erased_at: datetime | None = None
    standings: tuple[PastStanding, ...] = ()

    def grants_at(self, now: datetime) -> tuple[HeldGrant, ...]:
        return tuple(grant for grant in self.grants if grant.holds(now))

    def session(self, id: str) -> Session | None:
        return next((session for session in self.sessions if session.id == id), None)

    def leads(self, squad: str | None = None) -> bool:
        """Whether they are the appointed leader of the squad; without `squad`, of any."""
        return any(
            grant.role == "leader" and grant.source == "squad" and squad in (None, grant.squad)
            for grant in self.grants
        )


def new_account(id: str, phone: str, phone_key: str | None = None) -> Account:
    """A resident of the city. `phone` is encrypted."""
    grant = HeldGrant(role="resident", area=CITY, source="sign_up", given_by="system")
    return Account(id=id, phone=phone, phone_key=phone_key, grants=(grant,))


def require_birth_year(birth_year: int | None, today: date) -> None:
    """Raises Refusal for a year in which nobody who lives was born."""
    if birth_year is not None and not 0 <= today.year - birth_year <= MAX_AGE:
        raise Refusal("birth_year_invalid", "body.birth_year")


def years_between(born: date, today: date) -> int:
    """Whole years; negative for a birth in the future."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def update(account: Account, name: str | None, birth_year: int | None) -> Account:
    """The account with another name (encrypted) or birth year.

    Raises Refusal while the station goes by what the ID number says.
    """
    if account.volunteer is not None and account.volunteer.standing not in ENDED:
        raise Refusal("identity_checked")
    changes = {"name": name, "birth_year": birth_year}
    return account.with_(**{key: value for key, value in changes.items() if value is not None})


def with_volunteer_grant(account: Account, given_by: str) -> Account:
    """The account with the one grant that follows from approval: the street they live in, and their
    squad.

    Raises ValueError for an account that never applied.
    """
    if account.volunteer is None:
        raise ValueError("not a volunteer")
    grant = HeldGrant(
        role="volunteer",
        area=street_of(account.volunteer.area),
        squad=account.volunteer.squad,
        source="approval",
        given_by=given_by,
    )
    kept = tuple(held for held in account.grants if held.source != "approval")
    return account.with_(grants=(*kept, grant))
