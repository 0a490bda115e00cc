"""A report: its state, its time line and what its states mean."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from pydantic import computed_field

from chassis.domain import Aggregate
from contracts.vocabulary import (
    Category,
    Outcome,
    ReferralReason,
    Role,
    Route,
    Skill,
    Urgency,
)
from jinan.areas import containing
from jinan.local_time import working_days_after
from services.incidents.policy import POLICIES, IncidentsPolicy
from services.incidents.referral.domain import Referral
from services.incidents.report.domain.parts import Change, Helper, Question, TimelineEntry
from services.incidents.report.domain.states import (
    LATE,
    OPEN,
    PHASES,
    UNANSWERED,
    ActorRole,
    ConfirmedBy,
    Phase,
    ReportEnd,
    ReportState,
    TimelineStep,
    Timer,
)
from services.incidents.report.domain.stored import StoredDanger, StoredTriage
from services.incidents.report.domain.turns import Turns, turns_of


@dataclass(frozen=True)
class Actor:
    """Who changes a report. `account` None: an anonymous reporter, or the platform itself."""

    role: ActorRole
    account: str | None = None


RULES = Actor("rules")
STATION = Actor("station")
VOLUNTEERS = Actor("volunteers")


class Report(Aggregate):
    """Position in WGS-84 degrees. `station` None while no known station serves the place. `round`
    counts from 1."""

    number: str
    text: str
    photo: str | None = None
    reporter: str | None = None
    reporter_role: Role
    picked: Category | None = None
    """The category that the reporter picked."""
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
    confidence: float = 1.0
    """That the route is right, as the rules saw it, from 0 to 1; 1 for an officer's choice."""
    triage: StoredTriage = None
    """A person on watch looks before anybody is called. Route and category are what the rules
    suggest."""
    danger: StoredDanger = "none"
    """Of violence or to life, as far as words and category tell. Sure: no volunteer is sent."""
    rules_version: str
    referral: Referral | None = None
    """Who has to look at it, and whether they have."""
    question: Question | None = None
    """The latest one to the reporter."""
    returns: int = 0
    reopenings: int = 0

    round: int = 1
    filed_at: datetime
    clock_from: datetime | None = None
    """When the time limits began: the filing, or the latest reopening. Routing again does not set
    them back. None: stored before it was kept."""
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
    def escalated(self) -> bool:
        """The station was alerted in this round."""
        return bool(self.escalations)

    @computed_field
    @property
    def turns(self) -> Turns:
        """Whose turn it is: the key of queues."""
        return turns_of(
            self.state,
            self.urgency,
            self.referral,
            undecided=self._decision_due is not None,
            asked_at=self.question.at if self.question and self.asked else None,
            routed_at=self.routed_at,
            answered_at=self.answered_at,
        )

    @computed_field
    @property
    def due_at(self) -> datetime | None:
        """When the next of its time limits is reached. None: nothing waits for the clock."""
        return min((at for at in self.timers.values() if at is not None), default=None)

    @property
    def timers(self) -> dict[Timer, datetime | None]:
        """The time limits that run now; `deadlines.on_due` says what follows."""
        return {
            "referral": self._asked_next,
            "decision": self._decision_due,
            "question": self.question.until if self.question and self.asked else None,
            "first_answer": self.first_answer_due if self._unanswered else None,
            "end": self._end_due,
        }

    @property
    def _asked_next(self) -> datetime | None:
        if self.referral is not None:
            return self.referral.next_at
        # Stored before there were referrals.
        return self.routed_at if self.state in ("filed", "handed_off") else None

    @property
    def asked(self) -> bool:
        """A question to the reporter is open. It ends with the report."""
        waits = self.question is not None and self.question.state == "asked"
        return waits and self.state in {*OPEN, "resolved"}

    @property
    def referred(self) -> bool:
        """Somebody is being asked to look at it."""
        return self.referral is not None and self.referral.open

    @property
    def _unanswered(self) -> bool:
        """The first answer is due, and nobody has been referred to because it was late."""
        waiting = self.state in ("routed", "called", "assigned") and self.answered_at is None
        return waiting and not self.escalations

    @property
    def _decision_due(self) -> datetime | None:
        """Who acknowledged has to decide, unless the reporter is asked."""
        referral = self.referral
        if referral is None or referral.acknowledged_at is None or self.asked:
            return None
        since = referral.acknowledged_at
        if self.question is not None and self.question.ended_at is not None:
            since = max(since, self.question.ended_at)
        is_answered = referral.why == "overdue" and self.answered_at is not None
        if self.state in UNANSWERED and referral.why != "informed" and not is_answered:
            return since + self.policy.decide_within(referral.urgency)
        if referral.why in LATE and self.state in {*OPEN, "resolved"}:
            return since + timedelta(hours=self.policy.look_again_hours)
        return None

    @property
    def _end_due(self) -> datetime | None:
        """When the station confirms for a silent reporter, or somebody asks what became of it."""
        if self.referred or (self.referral is not None and self.referral.why in LATE):
            return None
        policy, began = self.policy, self.clock_from or self.routed_at
        match self.state:
            case "resolved" if self.resolved_at is not None:
                return self.resolved_at + policy.confirm_after
            case "acknowledged":
                return began + timedelta(hours=policy.police_outcome_within_hours)
            case "routed" | "called" | "accepted" | "on_scene" if not self._unanswered:
                since = self.answered_at or self.routed_at
                return since + timedelta(hours=policy.attended_within_hours)
            case "assigned" if not self._unanswered:
                return working_days_after(began, policy.committee_within_working_days)
            case _:
                return None

    @property
    def policy(self) -> IncidentsPolicy:
        """The version that the report was routed under."""
        return POLICIES.of(self.rules_version)

    @property
    def first_answer_due(self) -> datetime:
        began = self.clock_from or self.routed_at
        return self.policy.category[self.category].first_answer_due(began)

    @property
    def return_until(self) -> datetime:
        return working_days_after(self.routed_at, self.policy.return_within_working_days)

    @property
    def present(self) -> tuple[Helper, ...]:
        """Volunteers who accepted in this round and have not left."""
        return tuple(h for h in self.helpers if h.round == self.round and not h.left)

    def refer(
        self,
        why: ReferralReason,
        urgency: Urgency,
        now: datetime,
        *,
        from_district: bool = False,
    ) -> Self:
        """Somebody has to look at it. Who is being asked already, as urgently, is not asked
        again; who is only to know is."""
        current = self.referral
        if current is not None and current.open and not _presses(why, urgency, current):
            return self
        since = current.since if current is not None and current.open else now
        begun = Referral.begun(why, urgency, now, from_district=from_district)
        return self.with_(referral=begun.with_(since=since))

    def step(
        self,
        what: TimelineStep,
        now: datetime,
        actor: Actor,
        *,
        reason: str | None = None,
        note: str | None = None,
        area: str | None = None,
        changed: tuple[Change, ...] = (),
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
            area=area,
            changed=changed,
            round=changes.get("round", self.round),
        )
        after = self.with_(**changes, timeline=(*self.timeline, entry))
        return after._without_question(now)

    def _without_question(self, now: datetime) -> Self:
        """A question ends with its report, and does not come back with it."""
        question = self.question
        if question is None or question.state != "asked" or self.asked:
            return self
        return self.with_(question=question.with_(state="lapsed", ended_at=now))


def _presses(why: ReferralReason, urgency: Urgency, current: Referral) -> bool:
    if current.why == "informed" and why != "informed":
        return True
    return urgency == "urgent" and current.urgency != "urgent"
