"""What a report is made of."""

from datetime import datetime
from typing import Literal

from chassis.domain import Frozen
from services.incidents.report.domain.states import ActorRole, Step


class TimelineEntry(Frozen):
    """One line of the time line, never changed. Only those who may read the report see `reason` and
    `note`."""

    at: datetime
    what: Step
    by_role: ActorRole
    by: str | None = None
    """The account, for the station's own audits; in no answer of the API."""
    round: int
    reason: str | None = None
    note: str | None = None
    area: str | None = None
    """Whose watch was asked (`referred`)."""


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
    state: Literal["asked", "answered", "lapsed"] = "asked"
    text: str
    answer: str | None = None
    ended_at: datetime | None = None
