"""A call-out and those who were called to it: the state, and what follows from it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import computed_field
from typing_extensions import TypeAliasType

from chassis.domain import Aggregate, Frozen
from contracts.envelope import Event
from contracts.events.dispatch.attending import About
from contracts.vocabulary import Category, Outcome, Skill, Urgency
from jinan.areas import containing

CandidateState = TypeAliasType(
    "CandidateState",
    Literal[
        "called",
        "accepted",
        "on_the_way",
        "on_scene",
        "done",
        "declined",
        "timed_out",
        "stood_down",
        "withdrew",
        "missed",
    ],
)
CalloutState = TypeAliasType(
    "CalloutState", Literal["opened", "filled", "under_way", "escalated", "done", "stood_down"]
)
EscalatedTo = TypeAliasType("EscalatedTo", Literal["leader", "station"])
COMING: tuple[CandidateState, ...] = ("accepted", "on_the_way", "on_scene")
HELD: tuple[CandidateState, ...] = ("called", *COMING)
ENDED: tuple[CalloutState, ...] = ("done", "stood_down")
StandDownReason = TypeAliasType(
    "StandDownReason",
    Literal[
        "enough",
        "report_ended",
        "routed_elsewhere",
        "off_duty",
        "escalated",
        "suspended",
        "danger",
        "no_sign",
    ],
)
EndReason = TypeAliasType("EndReason", Literal["withdrawn", "routed_elsewhere", "closed", "danger"])
Decision = tuple["Callout", Sequence[Event]]


class Overdue(Frozen):
    """Somebody gave no sign for too long: they were asked, or else their leader was told, and have
    until `until`."""

    about: About
    step: Literal["asked", "told"]
    until: datetime


class PastCall(Frozen):
    """An earlier call of a candidate to the same call-out, and how it ended."""

    wave: int
    by: Literal["wave", "hand"]
    state: CandidateState
    called_at: datetime
    ended_at: datetime | None
    why_stood_down: StandDownReason | None


class Candidate(Frozen):
    """Somebody who was called. `probability`: that they accept, as estimated when they were
    called. `by` hand: called manually, outside the waves. Distance on the map, metres; `assumed`:
    from where they were last, since their phone had been silent."""

    volunteer: str
    squad: str | None = None
    wave: int
    by: Literal["wave", "hand"] = "wave"
    state: CandidateState = "called"
    distance_m: int
    assumed: bool = False
    probability: float
    called_at: datetime
    expires_at: datetime
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None
    ended_at: datetime | None = None
    why_stood_down: StandDownReason | None = None
    doubted_at: datetime | None = None
    """When they said that they are on scene, and their phone was so many metres away."""
    doubted_m: int | None = None
    place_shown: bool = True
    """False: they said so twice, and their phone showed another place."""
    sign_at: datetime | None = None
    """Their last sign about this call-out since they accepted."""
    overdue: Overdue | None = None
    keeps_place: bool = False
    """They came and never said that they are done: nobody is called in their place."""
    earlier: tuple[PastCall, ...] = ()

    @property
    def may_still_come(self) -> bool:
        """Their call is over, and they never said no: a late yes is welcome, and so is a second
        call."""
        spared = self.state == "stood_down" and self.why_stood_down in ("enough", "off_duty")
        return spared or self.state == "timed_out"

    def called_again(self, call: "Candidate") -> "Candidate":
        """As `call` says, with what was before."""
        past = PastCall(
            wave=self.wave,
            by=self.by,
            state=self.state,
            called_at=self.called_at,
            ended_at=self.ended_at,
            why_stood_down=self.why_stood_down,
        )
        return call.with_(earlier=(*self.earlier, past))


class Wave(Frozen):
    """`decision` is the id of the search that it came from."""

    number: int
    at: datetime
    decision: str
    policy: str
    called: tuple[str, ...]


class Callout(Aggregate):
    """`tries` counts waves since a place last fell free; `asked` are the ids of all candidates, for
    queries."""

    report: str
    round: int
    station: str | None = None
    area: str
    category: Category
    urgency: Urgency
    skills: tuple[Skill, ...] = ()
    parties: tuple[str, ...] = ()
    reporter: str | None = None
    people_needed: int
    longitude: float
    latitude: float
    opened_at: datetime

    state: CalloutState = "opened"
    candidates: tuple[Candidate, ...] = ()
    asked: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    """Those who are called or coming. This is the claim on a person: a unique index lets nobody be
    held by two call-outs."""
    waves: tuple[Wave, ...] = ()
    tries: int = 0
    freed_at: datetime | None = None
    """When a place last fell free: whoever was called before and may still come can be called
    again."""
    waiting: bool = False
    """Places are empty and no wave is left: whoever becomes free near it is looked at."""
    free_at: datetime | None = None
    """When somebody near becomes free, or became free: to search again, whoever was told."""
    squads: tuple[str, ...] = ()
    """Those of which somebody could have come: was called, or was near and on duty."""
    escalated_to: EscalatedTo | None = None
    again_at: datetime | None = None
    """When to search again before anybody is told: nobody was found, but the positions of those on
    duty are not all known yet."""
    leaders: tuple[str, ...] = ()
    leaders_until: datetime | None = None
    outcome: Outcome | None = None
    due_at: datetime | None = None
    """When its next timed step is due; None: never."""
    ended_at: datetime | None = None
    ended_because: EndReason | None = None
    """Why it was stood down."""
    station_told: bool = False
    """That somebody gives no sign and has no leader: once is enough."""
    trace: str = ""
    """The traceparent of its opening: its later steps join that trace."""

    @computed_field
    @property
    def within(self) -> tuple[str, ...]:
        """All areas that it lies in, for queries."""
        return containing(self.area)

    def candidate(self, volunteer: str) -> Candidate | None:
        return next((c for c in self.candidates if c.volunteer == volunteer), None)

    def in_state(self, *states: CandidateState) -> tuple[Candidate, ...]:
        return tuple(c for c in self.candidates if c.state in states)

    def with_candidates(self, *changed: Candidate) -> "Callout":
        """With these candidates as they are now; new ones at the end."""
        by_id = {c.volunteer: c for c in (*self.candidates, *changed)}
        held = (c.volunteer for c in by_id.values() if c.state in HELD)
        return self.with_(candidates=tuple(by_id.values()), asked=tuple(by_id), held=tuple(held))

    def with_calls(self, *called: Candidate) -> "Callout":
        """These are called: for the first time, or again."""
        before = ((self.candidate(call.volunteer), call) for call in called)
        return self.with_candidates(*(old.called_again(c) if old else c for old, c in before))

    def may_be_called(self, volunteer: str) -> bool:
        """By a wave: once, and again after a place fell free, or after they were off duty."""
        one = self.candidate(volunteer)
        if one is None:
            return True
        before = self.freed_at is not None and one.called_at < self.freed_at
        return one.may_still_come and (before or one.why_stood_down == "off_duty")

    @property
    def wave(self) -> int:
        return self.waves[-1].number if self.waves else 0

    @property
    def accepted(self) -> int:
        """Places that are taken: by those who come, and those who came."""
        return sum(c.state in (*COMING, "done") or c.keeps_place for c in self.candidates)

    @property
    def places_left(self) -> int:
        return max(0, self.people_needed - self.accepted)

    @property
    def ended(self) -> bool:
        return self.state in ENDED
