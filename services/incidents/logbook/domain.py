"""An entry of the log book: what a volunteer did, in their own words. Never changed. Pure."""

from datetime import datetime
from typing import Literal

from pydantic import computed_field

from chassis.domain import Aggregate
from contracts.vocabulary import Category

Kind = Category | Literal["patrol", "visit", "watch", "other"]


class LogEntry(Aggregate):
    """`minutes`: how long it took, as the volunteer says; hours are credited from evidence
    elsewhere."""

    volunteer: str
    squad: str | None = None
    kind: Kind
    text: str
    community: str
    station: str | None = None
    minutes: int | None = None
    at: datetime

    @computed_field
    @property
    def within(self) -> tuple[str, ...]:
        """The areas that it lies in: what an officer's list is looked up by."""
        return tuple(self.community[:digits] for digits in (4, 6, 9, 12))
