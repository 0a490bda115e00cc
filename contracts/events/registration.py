"""Events of registration: who people are, by id, and what they may do."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from contracts import topics
from contracts.access import Grant
from contracts.envelope import Event
from contracts.vocabulary import Role, Skill, Standing


class RegistrationEvent(Event):
    topic: ClassVar[str] = topics.REGISTRATION


class AccountOpened(RegistrationEvent):
    """A person signed in for the first time."""

    key: ClassVar[str] = "account"
    example: ClassVar = {"account": "acc_5f1e"}
    account: str


class GrantChange(BaseModel):
    """One role given or taken. `by` is an account, `system` for a roster; `confirmed_by`: the
    second person of a strong role; `why`: the id under which registration keeps the reason."""

    model_config = ConfigDict(frozen=True)

    what: Literal["given", "taken"]
    role: Role
    area: str
    squad: str | None = None
    until: datetime | None = None
    by: str
    confirmed_by: str | None = None
    why: str | None = None
    at: datetime


class GrantsChanged(RegistrationEvent):
    """All grants that an account now holds; the highest `seq` of the account is the truth.
    `changes`: what is different, for the log.

    `account_version` is the account's with this change: access tokens of an older one are out of
    date. 0 in events from before it was said."""

    key: ClassVar[str] = "account"
    state: ClassVar[str] = "grants"
    example: ClassVar = {
        "account": "acc_5f1e",
        "grants": [{"role": "officer", "area": "370104009"}],
        "changes": [
            {
                "what": "given",
                "role": "officer",
                "area": "370104009",
                "by": "acc_9a7b",
                "confirmed_by": "acc_3c2d",
                "at": "2026-03-05T08:00:00Z",
            }
        ],
        "account_version": 4,
    }
    account: str
    grants: tuple[Grant, ...]
    account_version: int = 0
    changes: tuple[GrantChange, ...] = ()


class GrantProposalConfirmed(RegistrationEvent):
    """A second person agreed that an account gets a strong role."""

    key: ClassVar[str] = "proposal"
    example: ClassVar = {
        "proposal": "gpr_5f1e",
        "account": "acc_5f1e",
        "by": "acc_9a7b",
        "confirmed_by": "acc_3c2d",
    }
    proposal: str
    account: str
    by: str
    confirmed_by: str


class GrantProposalLapsed(RegistrationEvent):
    """No second person decided about a strong role in time; `by` may propose it again."""

    key: ClassVar[str] = "proposal"
    example: ClassVar = {
        "proposal": "gpr_5f1e",
        "account": "acc_5f1e",
        "by": "acc_9a7b",
        "role": "officer",
    }
    proposal: str
    account: str
    by: str
    role: Role


class ApplicationOverdue(RegistrationEvent):
    """Nobody decided about an application in time: those who answer for `level` are told. `to`: who
    holds its watch; empty: all officers of it."""

    key: ClassVar[str] = "volunteer"
    example: ClassVar = {
        "volunteer": "acc_5f1e",
        "area": "370104009008",
        "level": "370104009",
        "to": ["acc_9a7b"],
        "applied_at": "2026-03-02T02:00:00Z",
    }
    volunteer: str
    area: str
    level: str
    to: tuple[str, ...] = ()
    applied_at: datetime


class VolunteerProposalLapsed(RegistrationEvent):
    """The station did not decide what `by` proposed about a volunteer; they may propose it
    again."""

    key: ClassVar[str] = "volunteer"
    example: ClassVar = {
        "volunteer": "acc_5f1e",
        "proposal": "prp_5f1e",
        "what": "suspend",
        "by": "acc_9a7b",
    }
    volunteer: str
    proposal: str
    what: Literal["approve", "suspend"]
    by: str


class SessionRevoked(RegistrationEvent):
    """A session was ended: by its owner, by the station, or because a used refresh token came
    back."""

    key: ClassVar[str] = "account"
    example: ClassVar = {"account": "acc_5f1e", "session": "ses_9a", "reason": "signed_out"}
    account: str
    session: str
    reason: str


class PersonErased(RegistrationEvent):
    """All that is known of a person goes: whoever keeps something of theirs erases it. The last
    event of the account; its id leads nowhere from now on."""

    key: ClassVar[str] = "account"
    ends: ClassVar = ("grants", "standing")
    example: ClassVar = {"account": "acc_5f1e"}
    account: str


class StationRegistered(RegistrationEvent):
    """A police station and the streets it serves. Position of its door, WGS-84 degrees."""

    key: ClassVar[str] = "station"
    state: ClassVar[str] = "station"
    example: ClassVar = {
        "station": "sta_duandian",
        "streets": ["370104009"],
        "longitude": 116.941,
        "latitude": 36.667,
    }
    station: str
    streets: tuple[str, ...]
    longitude: float
    latitude: float


class SquadFormed(RegistrationEvent):
    """A squad exists, or its leader changed."""

    key: ClassVar[str] = "squad"
    state: ClassVar[str] = "squad"
    example: ClassVar = {"squad": "squ_01", "station": "sta_duandian", "leader": "acc_5f1e"}
    squad: str
    station: str
    leader: str | None = None


class VolunteerStandingChanged(RegistrationEvent):
    """All that others need of a volunteer; the highest `seq` of the volunteer is the truth.

    The volunteer's id is the account's id. `birth_year` only, no date: it decides who is adult, and
    who is not called at night. `lapsed`: rejected, since nobody decided about the application.
    """

    key: ClassVar[str] = "volunteer"
    state: ClassVar[str] = "standing"
    example: ClassVar = {
        "volunteer": "acc_5f1e",
        "station": "sta_duandian",
        "area": "370104009008",
        "standing": "approved",
        "squad": "squ_01",
        "skills": ["mediation"],
        "birth_year": 1961,
    }
    volunteer: str
    station: str
    area: str
    standing: Standing
    squad: str | None = None
    skills: tuple[Skill, ...] = ()
    birth_year: int
    lapsed: bool = False


class WatchTaken(RegistrationEvent):
    """An officer answers for the area from now; until `until`, if nothing else comes. Said again
    of who holds it where it ends sooner than before, with their grant."""

    key: ClassVar[str] = "watch"
    state: ClassVar[str] = "watch"
    example: ClassVar = {
        "watch": "wat_370104009",
        "area": "370104009",
        "by": "acc_5f1e",
        "until": "2026-03-05T20:00:00Z",
    }
    watch: str
    area: str
    by: str
    until: datetime


class WatchOffered(RegistrationEvent):
    """Who holds the watch asks another officer to take it over; the last offer counts."""

    key: ClassVar[str] = "watch"
    example: ClassVar = {
        "watch": "wat_370104009",
        "area": "370104009",
        "by": "acc_5f1e",
        "to": "acc_9a7b",
    }
    watch: str
    area: str
    by: str
    to: str


class WatchOfferEnded(RegistrationEvent):
    """Whom it was offered `to` may not hold it any more; `by` still does."""

    key: ClassVar[str] = "watch"
    example: ClassVar = {
        "watch": "wat_370104009",
        "area": "370104009",
        "by": "acc_5f1e",
        "to": "acc_9a7b",
    }
    watch: str
    area: str
    by: str
    to: str


class WatchAccepted(RegistrationEvent):
    """Who was offered the watch holds it from now, until `until`."""

    key: ClassVar[str] = "watch"
    state: ClassVar[str] = "watch"
    example: ClassVar = {
        "watch": "wat_370104009",
        "area": "370104009",
        "by": "acc_9a7b",
        "until": "2026-03-06T02:00:00Z",
    }
    watch: str
    area: str
    by: str
    until: datetime


class WatchLapsed(RegistrationEvent):
    """Nobody holds the watch since `at`; `by` did until then: its time was over, it was given back,
    or `by` may not hold it any more."""

    key: ClassVar[str] = "watch"
    state: ClassVar[str] = "watch"
    example: ClassVar = {
        "watch": "wat_370104009",
        "area": "370104009",
        "by": "acc_9a7b",
        "at": "2026-03-06T02:00:00Z",
    }
    watch: str
    area: str
    by: str
    at: datetime
