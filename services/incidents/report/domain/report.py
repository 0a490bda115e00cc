"""A report: its state, its time line and what its states mean."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import computed_field
from typing_extensions import TypeAliasType

from chassis.domain import Aggregate, Frozen
from contracts.vocabulary import Category, Outcome, Role, Route, Skill, Urgency
from jinan.areas import containing
from services.incidents.policy import POLICIES, IncidentsPolicy, working_days_after

ReportState = TypeAliasType(
    "ReportState",
    Literal[
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
    ],
)
"""`filed`: waits for an officer to route it. `confirmed` and `logged` are always followed by
`closed` at once."""
Step = ReportState | Literal["returned", "reopened", "escalated", "noted"]
ReportEnd = TypeAliasType("ReportEnd", Literal["confirmed", "police_outcome", "logged"])
ConfirmedBy = TypeAliasType("ConfirmedBy", Literal["reporter", "station"])
ActorRole = Role | Literal["reporter", "rules", "station", "volunteers"]

OPEN: frozenset[ReportState] = frozenset(
    {"filed", "routed", "called", "accepted", "on_scene", "assigned", "handed_off", "acknowledged"}
)
"""Not resolved yet."""
UNANSWERED: frozenset[ReportState] = frozenset(
    {"filed", "routed", "called", "assigned", "handed_off"}
)
FIRST_STATE: dict[Route, ReportState] = {
    "volunteers": "routed",
    "committee": "assigned",
    "police": "handed_off",
    "log": "logged",
}
Phase = Literal[
    "filed",
    "calling",
    "attended",
    "assigned",
    "handed_off",
    "acknowledged",
    "resolved",
    "closed",
    "withdrawn",
    "not_accepted",
]
PHASES: dict[ReportState, Phase] = {
    "filed": "filed",
    "routed": "calling",
    "called": "calling",
    "accepted": "attended",
    "on_scene": "attended",
    "assigned": "assigned",
    "handed_off": "handed_off",
    "acknowledged": "acknowledged",
    "resolved": "resolved",
    "confirmed": "closed",
    "closed": "closed",
    "logged": "closed",
    "withdrawn": "withdrawn",
    "not_accepted": "not_accepted",
}
"""What lists are indexed by. States share a phase where few reports are in it at a time, or none:
the step from `routed` to `called` then touches no index."""
MAX_NOTES = 200


@dataclass(frozen=True)
class Actor:
    """Who changes a report. `account` None: an anonymous reporter, or the platform itself."""

    role: ActorRole
    account: str | None = None


RULES = Actor("rules")
STATION = Actor("station")
VOLUNTEERS = Actor("volunteers")


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


class Helper(Frozen):
    """A volunteer who accepted the call-out of a round, and may read the report until they leave or
    the round ends. `left` is never reset."""

    volunteer: str
    squad: str | None = None
    round: int
    left: bool = False


class Report(Aggregate):
    """Position in WGS-84 degrees. `station` None while no known station serves the place. `round`
    counts from 1."""

    number: str
    text: str
    photo: str | None = None
    reporter: str | None = None
    reporter_role: Role
    follow_up_key: str | None = None
    """SHA-256 of an anonymous reporter's key."""
    longitude: float
    latitude: float
    area: str
    station: str | None = None

    state: ReportState
    route: Route
    category: Category
    urgency: Urgency
    skills: tuple[Skill, ...] = ()
    people_needed: int
    because: tuple[str, ...] = ()
    triage: bool = False
    danger: bool = False
    """Its words or category told of violence or danger to life: no volunteer is ever sent, not
    even by an officer."""
    rules_version: str

    round: int = 1
    filed_at: datetime
    routed_at: datetime
    answered_at: datetime | None = None
    """First answer in this round by those it was routed to."""
    accepted_at: datetime | None = None
    """First acceptance by a volunteer, in any round."""
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: Outcome | None = None
    confirmed_by: ConfirmedBy | None = None
    end: ReportEnd | None = None
    escalations: tuple[str, ...] = ()
    """Why the station was alerted in this round."""
    helpers: tuple[Helper, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()

    @computed_field
    @property
    def within(self) -> tuple[str, ...]:
        """The area and all areas that contain it: the key of lists and figures."""
        return containing(self.area)

    @computed_field
    @property
    def phase(self) -> Phase:
        """Follows from the state: the key of lists by state."""
        return PHASES[self.state]

    @computed_field
    @property
    def due_at(self) -> datetime | None:
        """When the first answer becomes overdue, or the station confirms for a silent reporter."""
        if self.state == "resolved" and self.resolved_at is not None:
            return self.resolved_at + self.policy.confirm_after
        if self.state in UNANSWERED and self.answered_at is None and not self.escalations:
            return self.first_answer_due
        return None

    @property
    def policy(self) -> IncidentsPolicy:
        """The version that the report was routed under."""
        return POLICIES.of(self.rules_version)

    @property
    def first_answer_due(self) -> datetime:
        return self.policy.category[self.category].first_answer_due(self.routed_at)

    @property
    def return_until(self) -> datetime:
        return working_days_after(self.routed_at, self.policy.return_within_working_days)

    @property
    def present(self) -> tuple[Helper, ...]:
        """Volunteers who accepted in this round and have not left."""
        return tuple(h for h in self.helpers if h.round == self.round and not h.left)

    def step(
        self,
        what: Step,
        now: datetime,
        actor: Actor,
        *,
        reason: str | None = None,
        note: str | None = None,
        **changes: Any,
    ) -> Self:
        """The report with these changes and one more line, which is never earlier than the line
        before it."""
        last = self.timeline[-1].at if self.timeline else now
        entry = TimelineEntry(
            at=max(now, last),
            what=what,
            by_role=actor.role,
            by=actor.account,
            reason=reason,
            note=note,
            round=changes.get("round", self.round),
        )
        return self.with_(**changes, timeline=(*self.timeline, entry))
