"""Who is on duty, and the hours that are credited."""

from datetime import date, datetime
from typing import ClassVar, Literal

from contracts.events.dispatch.base import DispatchEvent


class DutyStarted(DispatchEvent):
    """A volunteer is on duty."""

    key: ClassVar[str] = "volunteer"
    ordering_key: ClassVar[str] = "volunteer"
    state: ClassVar[str] = "duty"
    example: ClassVar = {"volunteer": "acc_5f1e", "station": "sta_duandian"}
    volunteer: str
    station: str


class DutyEnded(DispatchEvent):
    """A volunteer is off duty: by a tap, at the shift's end, after silence, or because of a
    suspension."""

    key: ClassVar[str] = "volunteer"
    ordering_key: ClassVar[str] = "volunteer"
    state: ClassVar[str] = "duty"
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


class HoursChecked(DispatchEvent):
    """An officer looked at a stretch of work of which nothing tells the end: `minutes` of it count,
    from `since` on; 0: none."""

    key: ClassVar[str] = "volunteer"
    ordering_key: ClassVar[str] = "volunteer"
    example: ClassVar = {
        "check": "chk_7c2",
        "volunteer": "acc_5f1e",
        "callout": "cal_7c2.1",
        "since": "2026-03-05T08:00:00Z",
        "minutes": 45,
        "checked_by": "acc_31",
    }
    check: str
    volunteer: str
    callout: str
    since: datetime
    minutes: int
    checked_by: str
