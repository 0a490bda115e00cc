"""A call-out and those who were called to it: the state, and what can be read from it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from chassis.domain import Aggregate
from contracts.envelope import Event
from contracts.vocabulary import Category, Outcome, Skill, Urgency
from services.dispatch.policy import Policy

CandidateState = Literal[
    "called",
    "accepted",
    "on_the_way",
    "on_scene",
    "done",
    "declined",
    "timed_out",
    "stood_down",
    "withdrew",
]
CalloutState = Literal["opened", "filled", "under_way", "escalated", "done", "stood_down"]
COMING: tuple[CandidateState, ...] = ("accepted", "on_the_way", "on_scene")
ENDED: tuple[CalloutState, ...] = ("done", "stood_down")
StandDownReason = Literal["enough", "report_ended", "off_duty", "escalated", "suspended"]
Step = Literal["nothing", "lapse", "wave", "leader", "station"]
Decision = tuple["Callout", Sequence[Event]]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Candidate(_Part):
    """Somebody who was called. `probability`: the chance that they accept, as it was thought when
    they were called."""

    volunteer: str
    squad: str | None = None
    wave: int
    by: Literal["wave", "hand"] = "wave"
    state: CandidateState = "called"
    distance_m: int
    probability: float
    called_at: datetime
    expires_at: datetime
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None
    ended_at: datetime | None = None
    why_stood_down: StandDownReason | None = None


class Wave(_Part):
    """Whom one look around found: `decision` is the record of it (situation and choice)."""

    number: int
    at: datetime
    decision: str
    policy: str
    called: tuple[str, ...]


class Callout(Aggregate):
    """`tries` counts waves since the last place fell free; `asked` are the ids of all candidates,
    to be found by."""

    report: str
    round: int
    station: str | None = None
    area: str
    category: Category
    urgency: Urgency
    skills: tuple[Skill, ...] = ()
    parties: tuple[str, ...] = ()
    people_needed: int
    longitude: float
    latitude: float
    opened_at: datetime

    state: CalloutState = "opened"
    candidates: tuple[Candidate, ...] = ()
    asked: tuple[str, ...] = ()
    waves: tuple[Wave, ...] = ()
    tries: int = 0
    escalated_to: Literal["leader", "station"] | None = None
    again_at: datetime | None = None
    """When to look around again: nobody was found, but not all who are on duty have told yet where
    they are."""
    leaders: tuple[str, ...] = ()
    leaders_until: datetime | None = None
    outcome: Outcome | None = None
    due_at: datetime | None = None
    """When it has to be looked at again, whatever anybody does; None: never."""
    ended_at: datetime | None = None
    trace: str = ""
    """Where it was opened (a traceparent): what it does by itself later belongs there too."""

    def candidate(self, volunteer: str) -> Candidate | None:
        return next((c for c in self.candidates if c.volunteer == volunteer), None)

    def in_state(self, *states: CandidateState) -> tuple[Candidate, ...]:
        return tuple(c for c in self.candidates if c.state in states)

    @property
    def wave(self) -> int:
        return self.waves[-1].number if self.waves else 0

    @property
    def accepted(self) -> int:
        """Places that are taken: by those who come, and those who came and are done."""
        return len(self.in_state(*COMING, "done"))

    @property
    def places_left(self) -> int:
        return max(0, self.people_needed - self.accepted)

    @property
    def ended(self) -> bool:
        return self.state in ENDED


def wanted(callout: Callout, policy: Policy, now: datetime) -> Step:
    """What has to happen next without anybody's doing.

    The next wave goes out as soon as those who have not answered can no longer fill the places;
    when there is no next wave the leaders are told, then the station.
    """
    if callout.ended:
        return "nothing"
    if any(c.expires_at <= now for c in callout.in_state("called")):
        return "lapse"
    if callout.outcome is not None or callout.places_left <= len(callout.in_state("called")):
        return "nothing"
    if callout.state == "escalated":
        waited = callout.leaders_until is not None and callout.leaders_until <= now
        return "station" if callout.escalated_to == "leader" and waited else "nothing"
    if callout.again_at is not None and callout.again_at > now:
        return "nothing"
    return "wave" if callout.tries < policy.waves else "leader"


def with_due(callout: Callout, policy: Policy, now: datetime) -> Callout:
    """The call-out with the time at which `wanted` will, or does, want something."""
    moments = {now, *(c.expires_at for c in callout.in_state("called"))}
    moments.update(at for at in (callout.leaders_until, callout.again_at) if at is not None)
    ahead = (at for at in sorted(moments) if at >= now and wanted(callout, policy, at) != "nothing")
    return callout.model_copy(update={"due_at": next(ahead, None)})


def replaced(callout: Callout, *changed: Candidate) -> Callout:
    """The call-out with these candidates as they are now; new ones at the end."""
    by_id = {c.volunteer: c for c in callout.candidates} | {c.volunteer: c for c in changed}
    return callout.model_copy(update={"candidates": tuple(by_id.values()), "asked": tuple(by_id)})
