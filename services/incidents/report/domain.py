"""A report as it is kept, and what its states mean. Pure."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, computed_field

from chassis.domain import Aggregate
from contracts.vocabulary import Category, Outcome, Role, Route, Skill, Urgency
from services.incidents.report.policy import Rules, rules_of, working_days_after

State = Literal[
    "filed",
    "routed",
    "called",
    "accepted",
    "on_scene",
    "assigned",
    "handed_off",
    "acknowledged",
    "resolved",
    "confirmed",
    "closed",
    "logged",
    "withdrawn",
    "not_accepted",
]
"""`filed`: waits for the station to route it. `confirmed` and `logged` are passed through on the
way to `closed`."""
Step = Literal[
    "filed",
    "routed",
    "called",
    "accepted",
    "on_scene",
    "assigned",
    "handed_off",
    "acknowledged",
    "resolved",
    "confirmed",
    "closed",
    "logged",
    "withdrawn",
    "not_accepted",
    "returned",
    "reopened",
    "escalated",
    "noted",
]
End = Literal["confirmed", "police_outcome", "logged"]
Doer = Role | Literal["reporter", "rules", "station", "volunteers"]

OPEN: frozenset[State] = frozenset(
    {"filed", "routed", "called", "accepted", "on_scene", "assigned", "handed_off", "acknowledged"}
)
"""Still to be dealt with."""
UNANSWERED: frozenset[State] = frozenset({"filed", "routed", "called", "assigned", "handed_off"})
FIRST_STATE: dict[Route, State] = {
    "volunteers": "routed",
    "committee": "assigned",
    "police": "handed_off",
    "log": "logged",
}
MOST_NOTES = 200


class Entry(BaseModel):
    """One line of the time line; never changed. `note` and `reason` are only for those who may read
    the report."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    what: Step
    by_role: Doer
    by: str | None = None
    """The account, kept for the station's own control; shown to nobody here."""
    round: int
    reason: str | None = None
    note: str | None = None


class Helper(BaseModel):
    """A volunteer who accepted in a round, and so may read the report while it lasts; `left` stays
    once it is set."""

    model_config = ConfigDict(frozen=True)

    volunteer: str
    squad: str | None = None
    round: int
    left: bool = False


class Report(Aggregate):
    """Position WGS-84 degrees. `station` None while none is known to serve the place; `round`
    counts from 1."""

    number: str
    text: str
    photo: str | None = None
    reporter: str | None = None
    reporter_role: Role
    follow_up_key: str | None = None
    """SHA-256 of the key that an anonymous reporter was shown once."""
    longitude: float
    latitude: float
    area: str
    station: str | None = None

    state: State
    route: Route
    category: Category
    urgency: Urgency
    skills: tuple[Skill, ...] = ()
    people_needed: int
    because: tuple[str, ...] = ()
    triage: bool = False
    danger: bool = False
    """Its words or its category told of violence or danger to life: no volunteer is ever sent,
    whoever routes it."""
    rules_version: str

    round: int = 1
    filed_at: datetime
    routed_at: datetime
    answered_at: datetime | None = None
    """First answer in this round by those whom it was routed to."""
    accepted_at: datetime | None = None
    """First acceptance by a volunteer, in any round."""
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: Outcome | None = None
    confirmed_by: Literal["reporter", "station"] | None = None
    end: End | None = None
    escalations: tuple[str, ...] = ()
    """Why the station was told in this round."""
    helpers: tuple[Helper, ...] = ()
    timeline: tuple[Entry, ...] = ()

    @computed_field
    @property
    def within(self) -> tuple[str, ...]:
        """The area and all areas that it lies in: what lists and figures are looked up by."""
        return tuple(self.area[:digits] for digits in (4, 6, 9, 12) if len(self.area) >= digits)

    @computed_field
    @property
    def due_at(self) -> datetime | None:
        """When something happens by itself: the first answer is overdue, or a silent reporter is
        waited for no more."""
        if self.state == "resolved" and self.resolved_at is not None:
            return self.resolved_at + self.rules.confirm_after
        if self.state in UNANSWERED and self.answered_at is None and not self.escalations:
            return self.first_answer_due
        return None

    @property
    def rules(self) -> Rules:
        return rules_of(self.rules_version)

    @property
    def first_answer_due(self) -> datetime:
        return self.rules.category[self.category].first_answer_due(self.routed_at)

    @property
    def return_until(self) -> datetime:
        return working_days_after(self.routed_at, self.rules.return_within_working_days)

    @property
    def present(self) -> tuple[Helper, ...]:
        """Who accepted in this round and did not leave."""
        return tuple(h for h in self.helpers if h.round == self.round and not h.left)

    def step(
        self,
        what: Step,
        now: datetime,
        by_role: Doer,
        by: str | None = None,
        *,
        reason: str | None = None,
        note: str | None = None,
        **changes: object,
    ) -> "Report":
        """The report with these changes and one more line; no line is ever before the one above
        it."""
        last = self.timeline[-1].at if self.timeline else now
        round_ = changes.get("round", self.round)
        entry = Entry(
            at=max(now, last),
            what=what,
            by_role=by_role,
            by=by,
            reason=reason,
            note=note,
            round=round_ if isinstance(round_, int) else self.round,
        )
        return self.model_copy(update={**changes, "timeline": (*self.timeline, entry)})
