"""The state of every report of the day, as its actors have seen it."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from contracts.vocabulary import Route
from simulation.api import Json
from simulation.scenario import Day, Entry

ENDED = frozenset({"closed", "withdrawn"})


@dataclass
class Track:
    """One report's progress. Times are domain time; `alert_ms` is the wall-clock time from sending
    it to the first alert."""

    entry: Entry
    id: str = ""
    number: str = ""
    area: str = ""
    category: str = ""
    state: str = "waiting"
    route: str = ""
    rules_route: str = ""
    """The route that the platform chose before an officer changed it."""
    round: int = 0
    judged: int = 0
    """How often the reporter was asked to confirm the resolution."""
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
    def as_expected(self) -> bool:
        return self.state == "closed" and self.route == self.expected

    def minutes(self, until: datetime | None) -> float | None:
        """Domain minutes from filing until `until`."""
        return (until - self.filed).total_seconds() / 60 if until and self.filed else None

    def apply(self, view: Json, now: datetime) -> bool:
        """Takes over the platform's view of the report; returns whether anything changed."""
        before = (self.state, self.route, self.round)
        if int(view.get("round") or 0) < self.round:
            return False  # an older answer that arrived late
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
    """The latest time of this entry in the report's time line."""
    times = [entry["at"] for entry in view.get("timeline", []) if entry.get("what") == what]
    return datetime.fromisoformat(times[-1]) if times else None


class Tracker:
    """All reports of a day, by their `n` and by their id."""

    def __init__(self, day: Day) -> None:
        self.tracks = {entry.n: Track(entry) for entry in day.entries}
        self._by_id: dict[str, Track] = {}
        self.changed = asyncio.Event()
        """Set whenever a report changes; the waiting side clears it."""

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
        """The report's track, if it is one of this day's and changed."""
        track = self.of(view.get("id"))
        if track is None or not track.apply(view, now):
            return None
        self.changed.set()
        return track
