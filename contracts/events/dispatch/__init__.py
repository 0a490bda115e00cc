"""Events of dispatch: who is on duty, who was called, who came, and their hours of service."""

from contracts.events.dispatch.attending import (
    CalloutDone,
    CalloutStoodDown,
    VolunteerArrived,
    VolunteerFinished,
    VolunteerMissed,
    VolunteerOnTheWay,
    VolunteerOverdue,
    VolunteerSignAsked,
    VolunteerWithdrew,
)
from contracts.events.dispatch.base import CalloutEvent, DispatchEvent
from contracts.events.dispatch.calling import (
    CalledVolunteer,
    CalloutAccepted,
    CalloutDeclined,
    CalloutEscalated,
    CalloutFilled,
    CalloutOpened,
    CallTimedOut,
    VolunteerCalled,
    VolunteerStoodDown,
    WaveCalled,
    WaveLapsed,
    WaveStoodDown,
)
from contracts.events.dispatch.duty import DutyEnded, DutySignAsked, DutyStarted, HoursCredited

__all__ = [
    "CallTimedOut",
    "CalledVolunteer",
    "CalloutAccepted",
    "CalloutDeclined",
    "CalloutDone",
    "CalloutEscalated",
    "CalloutEvent",
    "CalloutFilled",
    "CalloutOpened",
    "CalloutStoodDown",
    "DispatchEvent",
    "DutyEnded",
    "DutySignAsked",
    "DutyStarted",
    "HoursCredited",
    "VolunteerArrived",
    "VolunteerCalled",
    "VolunteerFinished",
    "VolunteerMissed",
    "VolunteerOnTheWay",
    "VolunteerOverdue",
    "VolunteerSignAsked",
    "VolunteerStoodDown",
    "VolunteerWithdrew",
    "WaveCalled",
    "WaveLapsed",
    "WaveStoodDown",
]
