"""From an acceptance to the end of a call-out."""

from datetime import datetime
from typing import ClassVar, Literal

from contracts.events.dispatch.base import CALLOUT, CalloutEvent
from contracts.vocabulary import Outcome

About = Literal["setting_out", "arrival", "finish"]
"""What a sign of an accepted volunteer is missing of."""


class VolunteerOnTheWay(CalloutEvent):
    """An accepted volunteer has set out."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {**CALLOUT, "volunteer": "acc_5f1e"}
    volunteer: str


class VolunteerArrived(CalloutEvent):
    """A volunteer is on scene."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {**CALLOUT, "volunteer": "acc_5f1e"}
    volunteer: str


class VolunteerWithdrew(CalloutEvent):
    """An accepted volunteer cannot come after all; the place is filled again."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {**CALLOUT, "volunteer": "acc_5f1e"}
    volunteer: str


class VolunteerSignAsked(CalloutEvent):
    """An accepted volunteer gave no sign for too long: they are asked, and have until `until`."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {
        **CALLOUT,
        "volunteer": "acc_5f1e",
        "about": "setting_out",
        "until": "2026-03-05T08:15:00Z",
    }
    volunteer: str
    about: About
    until: datetime


class VolunteerOverdue(CalloutEvent):
    """An accepted volunteer was asked and gave no sign: the leaders of their squad are to look
    after them, before the place is filled again at `until`."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {
        **CALLOUT,
        "volunteer": "acc_5f1e",
        "about": "arrival",
        "leaders": ["acc_31"],
        "until": "2026-03-05T08:20:00Z",
    }
    volunteer: str
    about: About
    leaders: tuple[str, ...] = ()
    until: datetime


class VolunteerMissed(CalloutEvent):
    """An accepted volunteer gave no sign to the end and has lost the place. One who never
    finished: their hours are capped, an officer looks at them."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {**CALLOUT, "volunteer": "acc_5f1e", "about": "arrival"}
    volunteer: str
    about: About


class VolunteerFinished(CalloutEvent):
    """A volunteer has finished: evidence of work from `since` until `until`. `capped`: nothing
    tells of the end, so `until` is a limit and an officer decides. `place_shown` false: their phone
    was elsewhere when they said that they are on scene; an officer decides, too."""

    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {
        **CALLOUT,
        "volunteer": "acc_5f1e",
        "since": "2026-03-05T08:00:00Z",
        "until": "2026-03-05T08:25:00Z",
    }
    volunteer: str
    since: datetime
    until: datetime
    capped: bool = False
    place_shown: bool = True


class CalloutDone(CalloutEvent):
    """Everyone who came has finished; the first outcome reported is the call-out's."""

    example: ClassVar = {**CALLOUT, "outcome": "solved"}
    outcome: Outcome


class CalloutStoodDown(CalloutEvent):
    """The call-out ended before it was done: the report was withdrawn, routed elsewhere or closed,
    or somebody told of danger and only the police go."""

    example: ClassVar = {**CALLOUT, "reason": "withdrawn"}
    reason: Literal["withdrawn", "routed_elsewhere", "closed", "danger"]
