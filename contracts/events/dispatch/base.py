"""What events of dispatch have in common."""

from typing import Any, ClassVar

from contracts import topics
from contracts.envelope import Event
from contracts.vocabulary import Category


class DispatchEvent(Event):
    topic: ClassVar[str] = topics.DISPATCH


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


CALLOUT: dict[str, Any] = {
    "callout": "cal_7c2.1",
    "report": "rep_7c2",
    "round": 1,
    "station": "sta_duandian",
    "area": "370104009008",
    "category": "nuisance",
}
"""What the examples of all events of a call-out share."""
