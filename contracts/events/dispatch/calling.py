"""Who is called for a report, and what they answer."""

from datetime import datetime
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict

from contracts.events.dispatch.base import CALLOUT, CalloutEvent
from contracts.vocabulary import Urgency


class CalloutOpened(CalloutEvent):
    """Volunteers are being called for a report."""

    example: ClassVar = {**CALLOUT, "urgency": "normal", "people_needed": 2}
    urgency: Urgency
    people_needed: int


class VolunteerCalled(CalloutEvent):
    """Retired, see WaveCalled. One volunteer was called."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {
        **CALLOUT,
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
    """They are within so many metres of the place: a ring, never the exact distance."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    volunteer: str
    distance_m: int


class WaveCalled(CalloutEvent):
    """These volunteers are called together and can answer until `expires_at`."""

    example: ClassVar = {
        **CALLOUT,
        "wave": 1,
        "people_needed": 2,
        "urgency": "normal",
        "expires_at": "2026-03-05T08:00:00Z",
        "called": [
            {"volunteer": "acc_5f1e", "distance_m": 500},
            {"volunteer": "acc_77", "distance_m": 1000},
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
    example: ClassVar = {**CALLOUT, "volunteer": "acc_5f1e", "place": 1, "squad": "squ_01"}
    volunteer: str
    place: int
    squad: str | None = None


class CalloutDeclined(CalloutEvent):
    """A volunteer declined; no reason is asked for."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {**CALLOUT, "volunteer": "acc_5f1e"}
    volunteer: str


class CallTimedOut(CalloutEvent):
    """Retired, see WaveLapsed. One volunteer did not answer in time."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {**CALLOUT, "volunteer": "acc_5f1e"}
    volunteer: str


class WaveLapsed(CalloutEvent):
    """These volunteers did not answer in time."""

    example: ClassVar = {**CALLOUT, "volunteers": ["acc_5f1e", "acc_77"]}
    supersedes: ClassVar = (CallTimedOut,)
    volunteers: tuple[str, ...]

    @classmethod
    def upcast(cls, old: CallTimedOut) -> Self:
        return cls.model_validate({**dict(old), "volunteers": (old.volunteer,)})


class VolunteerStoodDown(CalloutEvent):
    """Retired, see WaveStoodDown. One volunteer was not needed any more."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {**CALLOUT, "volunteer": "acc_5f1e", "reason": "enough"}
    volunteer: str
    reason: Literal["enough", "report_ended", "off_duty", "escalated", "suspended"]


class WaveStoodDown(CalloutEvent):
    """These volunteers, called or accepted, are not needed any more, for one reason."""

    example: ClassVar = {**CALLOUT, "volunteers": ["acc_5f1e", "acc_77"], "reason": "enough"}
    supersedes: ClassVar = (VolunteerStoodDown,)
    volunteers: tuple[str, ...]
    accepted: tuple[str, ...] = ()
    """Those of them who had accepted."""
    reason: Literal[
        "enough",
        "report_ended",
        "routed_elsewhere",
        "off_duty",
        "escalated",
        "suspended",
        "danger",
        "no_sign",
    ]

    @classmethod
    def upcast(cls, old: VolunteerStoodDown) -> Self:
        """It did not say whether they had accepted: they may have, unless places were filled."""
        accepted = () if old.reason == "enough" else (old.volunteer,)
        one = {"volunteers": (old.volunteer,), "accepted": accepted}
        return cls.model_validate({**dict(old), **one})


class CalloutFilled(CalloutEvent):
    """As many as are needed have accepted."""

    example: ClassVar = {**CALLOUT, "volunteers": ["acc_5f1e", "acc_77"]}
    volunteers: tuple[str, ...]


class CalloutEscalated(CalloutEvent):
    """Too few accepted: the leaders of squads of which somebody could have come are to act, later
    the station."""

    example: ClassVar = {
        **CALLOUT,
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
