"""Events of dispatch: who is on duty, who was called, who came, and their hours of service."""

from datetime import date, datetime
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict

from contracts import topics
from contracts.envelope import Event
from contracts.vocabulary import Category, Outcome, Urgency


class DispatchEvent(Event):
    topic: ClassVar[str] = topics.DISPATCH


class DutyStarted(DispatchEvent):
    """A volunteer is on duty."""

    key: ClassVar[str] = "volunteer"
    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {"volunteer": "acc_5f1e", "station": "sta_duandian"}
    volunteer: str
    station: str


class DutyEnded(DispatchEvent):
    """A volunteer is off duty: by a tap, at the shift's end, after silence, or because of a
    suspension."""

    key: ClassVar[str] = "volunteer"
    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {"volunteer": "acc_5f1e", "station": "sta_duandian", "reason": "tap"}
    volunteer: str
    station: str
    reason: Literal["tap", "shift_end", "no_sign", "suspended"]


class DutySignAsked(DispatchEvent):
    """A volunteer on duty has been silent for a while: still silent at `until`, they are taken off
    duty."""

    key: ClassVar[str] = "volunteer"
    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {
        "volunteer": "acc_5f1e",
        "station": "sta_duandian",
        "until": "2026-03-05T08:30:00Z",
    }
    volunteer: str
    station: str
    until: datetime


class CalloutEvent(DispatchEvent):
    key: ClassVar[str] = "callout"
    callout: str
    report: str
    round: int
    """The report's round that this call-out answers."""
    station: str | None = None
    area: str
    category: Category
    reporter: str | None = None
    """Who filed the report; None for an anonymous one."""


_CALLOUT = {
    "callout": "cal_7c2.1",
    "report": "rep_7c2",
    "round": 1,
    "station": "sta_duandian",
    "area": "370104009008",
    "category": "nuisance",
}


class CalloutOpened(CalloutEvent):
    """Volunteers are being called for a report."""

    example: ClassVar = {**_CALLOUT, "urgency": "normal", "people_needed": 2}
    urgency: Urgency
    people_needed: int


class VolunteerCalled(CalloutEvent):
    """Retired, see WaveCalled. One volunteer was called."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {
        **_CALLOUT,
        "volunteer": "acc_5f1e",
        "wave": 1,
        "distance_m": 240,
        "people_needed": 2,
        "urgency": "normal",
        "expires_at": "2026-03-05T08:00:00Z",
    }
    volunteer: str
    wave: int
    distance_m: int
    people_needed: int
    urgency: Urgency
    expires_at: datetime
    by_hand: bool = False


class CalledVolunteer(BaseModel):
    """Distance on the map, metres."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    volunteer: str
    distance_m: int


class WaveCalled(CalloutEvent):
    """These volunteers are called together and can answer until `expires_at`."""

    example: ClassVar = {
        **_CALLOUT,
        "wave": 1,
        "people_needed": 2,
        "urgency": "normal",
        "expires_at": "2026-03-05T08:00:00Z",
        "called": [
            {"volunteer": "acc_5f1e", "distance_m": 240},
            {"volunteer": "acc_77", "distance_m": 310},
        ],
    }
    supersedes: ClassVar = (VolunteerCalled,)
    wave: int
    people_needed: int
    urgency: Urgency
    expires_at: datetime
    by_hand: bool = False
    """Called by a leader or an officer, outside the waves."""
    called: tuple[CalledVolunteer, ...]

    @classmethod
    def upcast(cls, old: VolunteerCalled) -> Self:
        one = {"volunteer": old.volunteer, "distance_m": old.distance_m}
        return cls.model_validate({**dict(old), "called": (one,)})


class CalloutAccepted(CalloutEvent):
    """A volunteer has one of the places. `place` counts from 1."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {**_CALLOUT, "volunteer": "acc_5f1e", "place": 1, "squad": "squ_01"}
    volunteer: str
    place: int
    squad: str | None = None


class CalloutDeclined(CalloutEvent):
    """A volunteer declined; no reason is asked for."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {**_CALLOUT, "volunteer": "acc_5f1e"}
    volunteer: str


class CallTimedOut(CalloutEvent):
    """Retired, see WaveLapsed. One volunteer did not answer in time."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {**_CALLOUT, "volunteer": "acc_5f1e"}
    volunteer: str


class WaveLapsed(CalloutEvent):
    """These volunteers did not answer in time."""

    example: ClassVar = {**_CALLOUT, "volunteers": ["acc_5f1e", "acc_77"]}
    supersedes: ClassVar = (CallTimedOut,)
    volunteers: tuple[str, ...]

    @classmethod
    def upcast(cls, old: CallTimedOut) -> Self:
        return cls.model_validate(_plural(old))


class VolunteerStoodDown(CalloutEvent):
    """Retired, see WaveStoodDown. One volunteer was not needed any more."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {**_CALLOUT, "volunteer": "acc_5f1e", "reason": "enough"}
    volunteer: str
    reason: Literal["enough", "report_ended", "off_duty", "escalated", "suspended"]


class WaveStoodDown(CalloutEvent):
    """These volunteers, called or accepted, are not needed any more, for one reason."""

    example: ClassVar = {**_CALLOUT, "volunteers": ["acc_5f1e", "acc_77"], "reason": "enough"}
    supersedes: ClassVar = (VolunteerStoodDown,)
    volunteers: tuple[str, ...]
    accepted: tuple[str, ...] = ()
    """Those of them who had accepted."""
    reason: Literal["enough", "report_ended", "off_duty", "escalated", "suspended"]

    @classmethod
    def upcast(cls, old: VolunteerStoodDown) -> Self:
        """It did not say whether they had accepted: they may have, unless places were filled."""
        accepted = () if old.reason == "enough" else (old.volunteer,)
        return cls.model_validate({**_plural(old), "accepted": accepted})


def _plural(old: CallTimedOut | VolunteerStoodDown) -> dict[str, Any]:
    """The fields of an event about one volunteer, as of one about several."""
    return {**dict(old), "volunteers": (old.volunteer,)}


class CalloutFilled(CalloutEvent):
    """As many as are needed have accepted."""

    example: ClassVar = {**_CALLOUT, "volunteers": ["acc_5f1e", "acc_77"]}
    volunteers: tuple[str, ...]


class VolunteerOnTheWay(CalloutEvent):
    """An accepted volunteer has set out."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {**_CALLOUT, "volunteer": "acc_5f1e"}
    volunteer: str


class VolunteerArrived(CalloutEvent):
    """A volunteer is on scene."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {**_CALLOUT, "volunteer": "acc_5f1e"}
    volunteer: str


class VolunteerWithdrew(CalloutEvent):
    """An accepted volunteer cannot come after all; the place is filled again."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {**_CALLOUT, "volunteer": "acc_5f1e"}
    volunteer: str


class VolunteerFinished(CalloutEvent):
    """A volunteer has finished: evidence of work from `since` until `until`."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {
        **_CALLOUT,
        "volunteer": "acc_5f1e",
        "since": "2026-03-05T08:00:00Z",
        "until": "2026-03-05T08:25:00Z",
    }
    volunteer: str
    since: datetime
    until: datetime


class CalloutDone(CalloutEvent):
    """Everyone who came has finished; the first outcome reported is the call-out's."""

    example: ClassVar = {**_CALLOUT, "outcome": "solved"}
    outcome: Outcome


class CalloutEscalated(CalloutEvent):
    """Too few accepted: the squad leaders are to act, later the station."""

    example: ClassVar = {
        **_CALLOUT,
        "to": "station",
        "why": "nobody_answered",
        "accepted": 0,
        "people_needed": 2,
    }
    to: Literal["leader", "station"]
    why: Literal["nobody_answered", "nobody_on_duty", "too_few"]
    accepted: int
    people_needed: int
    leaders: tuple[str, ...] = ()


class CalloutStoodDown(CalloutEvent):
    """The call-out ended before it was done: the report was withdrawn, routed elsewhere or
    closed."""

    example: ClassVar = {**_CALLOUT, "reason": "withdrawn"}
    reason: Literal["withdrawn", "routed_elsewhere", "closed"]


class HoursCredited(DispatchEvent):
    """A volunteer's minutes of one day: the union of the evidence. Replaces earlier events of the
    day."""

    key: ClassVar[str] = "volunteer"
    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {"volunteer": "acc_5f1e", "day": "2026-03-05", "minutes": 85, "evidence": 3}
    volunteer: str
    day: date
    minutes: int
    evidence: int
