"""What a report is made of."""

from datetime import datetime
from typing import Literal

from typing_extensions import TypeAliasType

from chassis.domain import Frozen
from services.incidents.report.domain.states import ActorRole, TimelineStep

QuestionState = TypeAliasType("QuestionState", Literal["asked", "answered", "lapsed"])
CorrectedField = TypeAliasType("CorrectedField", Literal["location", "area", "category"])


class Change(Frozen):
    """What a correction replaced, as codes; a location as `longitude,latitude`, WGS-84."""

    field: CorrectedField
    old: str
    new: str


class TimelineEntry(Frozen):
    """One line of the time line, never changed. Only those who may read the report see `reason`,
    `note` and `changed`."""

    at: datetime
    what: TimelineStep
    by_role: ActorRole
    by: str | None = None
    """The account, for the station's own audits; in no answer of the API."""
    round: int
    reason: str | None = None
    note: str | None = None
    area: str | None = None
    """Whose watch was asked (`referred`)."""
    changed: tuple[Change, ...] = ()
    """What a correction put right (`corrected`)."""


class Helper(Frozen):
    """A volunteer who accepted the call-out of a round, and may read the report until they leave or
    the round ends. `left` is never reset."""

    volunteer: str
    squad: str | None = None
    round: int
    left: bool = False


class Question(Frozen):
    """What an officer asked the reporter: `asked`, until it is answered or has lapsed at `until`.
    Its words, and the answer's, stand in the time line."""

    id: str
    by: str
    at: datetime
    until: datetime
    state: QuestionState = "asked"
    text: str
    answer: str | None = None
    ended_at: datetime | None = None
