"""A log entry: what a volunteer did, in their own words; and whose entries somebody may read."""

from datetime import datetime
from typing import Literal

from pydantic import computed_field
from typing_extensions import TypeAliasType

from chassis.domain import Aggregate, Refusal
from contracts.access import Principal
from contracts.vocabulary import Category
from jinan.areas import containing, covers

LogKind = TypeAliasType("LogKind", Category | Literal["patrol", "visit", "watch", "other"])


class LogEntry(Aggregate):
    """Never changed. `minutes`: how long it took by the volunteer's own account; dispatch credits
    hours from evidence."""

    volunteer: str
    squad: str | None = None
    kind: LogKind
    text: str
    community: str
    station: str | None = None
    minutes: int | None = None
    at: datetime

    @computed_field
    @property
    def within(self) -> tuple[str, ...]:
        """The areas that contain it: the key of an officer's list."""
        return containing(self.community)


def readable_areas(who: Principal, area: str | None, *, mine: bool) -> tuple[str, ...]:
    """Where somebody reads all entries: an officer's areas, or the one named in them. Empty: only
    their own entries. Raises Refusal for an area that is not theirs."""
    own = tuple(g.area for g in who.grants_for("report.read") if g.role == "officer")
    if mine or (not own and area is None):
        return ()
    if area is not None and not any(covers(grant, area) for grant in own):
        raise Refusal("outside_area")
    return own if area is None else (area,)
