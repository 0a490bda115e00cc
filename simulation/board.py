"""Where every report of the day stands, as the people who play it have seen it."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from contracts.vocabulary import Route
from simulation.api import Json
from simulation.day import Day, Entry

ENDED = frozenset({"closed", "withdrawn"})


@dataclass
class Track:
    """One report's way. Times are domain time, `alert_ms` milliseconds of the wall clock since it
    was sent."""

    entry: Entry
    id: str = ""
    number: str = ""
    area: str = ""
    category: str = ""
    state: str = "waiting"
    route: str = ""
    rules_route: str = ""
    """What the platform chose before an officer looked."""
    round: int = 0
    judged: int = 0
    """How often the reporter was asked whether it is solved."""
    trace: str = ""
    sent_at: float = 0.0
    alert_ms: float | None = None
    filed: datetime | None = None
    accepted: datetime | None = None
    resolved: datetime | None = None
    closed: datetime | None = None
    called: set[str] = field(default_factory=set[str])
    came: set[str] = field(default_factory=set[str])
    escalated: bool = False
    problem: str = ""

    @property
    def expected(self) -> Route:
        return self.entry.route

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def as_it_should_be(self) -> bool:
        return self.state == "closed" and self.route == self.expected

    def minutes(self, until: datetime | None) -> float | None:
        """Domain minutes from filing until then."""
        return (until - self.filed).total_seconds() / 60 if until and self.filed else None

    def take(self, view: Json, now: datetime) -> bool:
        """Take over what the platform says of it; whether anything is new."""
        before = (self.state, self.route, self.round)
        if int(view.get("round") or 0) < self.round:
            return False  # an answer that was overtaken on the way
        self.state, self.route = str(view["state"]), str(view.get("route") or "")
        self.round, self.area = int(view.get("round") or 0), str(view.get("area") or "")
        self.category = str(view.get("category") or "")
        if self.state in {"resolved", "closed"} and self.resolved is None and self.route != "log":
            self.resolved = _last(view, "resolved") or now
        if self.state == "closed" and self.closed is None:
            self.closed = _last(view, "closed") or now
        elif self.state in {"routed", "called"}:
            self.resolved = None
        return before != (self.state, self.route, self.round)


def _last(view: Json, what: str) -> datetime | None:
    """When this last stood in the report's time line."""
    times = [entry["at"] for entry in view.get("timeline", []) if entry.get("what") == what]
    return datetime.fromisoformat(times[-1]) if times else None


class Board:
    """All reports of a day by their `n` and by the id that the platform gave them."""

    def __init__(self, day: Day) -> None:
        self.tracks = {entry.n: Track(entry) for entry in day.entries}
        self._by_id: dict[str, Track] = {}
        self.changed = asyncio.Event()
        """Set whenever a report moves; who waits for it clears it."""

    def __iter__(self):
        return iter(self.tracks.values())

    @property
    def ended(self) -> bool:
        return all(track.ended for track in self)

    def filed(self, track: Track, view: Json, now: datetime) -> None:
        self._by_id[str(view["id"])] = track
        track.id, track.number, track.filed = str(view["id"]), str(view["number"]), now
        track.rules_route = str(view.get("route") or "")
        self.update(view, now)

    def of(self, report: str | None) -> Track | None:
        return self._by_id.get(report or "")

    def update(self, view: Json, now: datetime) -> Track | None:
        """The track of this report, if it is one of the day's and moved."""
        track = self.of(view.get("id"))
        if track is None or not track.take(view, now):
            return None
        self.changed.set()
        return track
