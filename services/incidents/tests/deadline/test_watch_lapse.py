"""A watch that nobody takes over ends in the night: what is open goes on to the next level.

Its twelve hours are twelve minutes on the clock of the journeys, too long for one: this clock is
set.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime, timedelta
from typing import cast

import pytest

from chassis.clock import Clock
from chassis.domain import Cause, Decision
from chassis.errors import Unavailable
from chassis.kafka.subscriptions import Message
from chassis.tasks.schedule import Schedule
from contracts.envelope import Event
from contracts.events.incidents import ReportReferred
from contracts.events.registration import WatchLapsed
from jinan.areas import covers
from jinan.local_time import LOCAL
from services.incidents.deadline.handlers import DeadlineHandlers
from services.incidents.replicas.watches import Watches
from services.incidents.report.domain.decisions import acknowledge
from services.incidents.report.domain.report import Actor, Report
from services.incidents.report.store import Reports
from services.incidents.tests.reports import new

LAPSE = datetime(2026, 3, 5, 3, 0, tzinfo=LOCAL)
STREET, DISTRICT, CITY = "370104009", "370104", "3701"
WATCHES = {STREET: "acc_street", DISTRICT: "acc_district"}


class SetClock(Clock):
    """Shows what it is set to."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self.at = at

    def now(self) -> datetime:
        return self.at


class HeldWatches:
    """Area -> holder."""

    def __init__(self, held: dict[str, str]) -> None:
        self.held = held

    async def holders(self, areas: Sequence[str], now: datetime) -> dict[str, str]:
        return {area: self.held[area] for area in areas if area in self.held}

    async def ended(self, event: WatchLapsed, message: Message) -> None:
        self.held.pop(event.area, None)


class StoredReports:
    """Reports in memory, and who was asked about each, in order."""

    def __init__(self, *reports: Report) -> None:
        self.reports = {report.id: report for report in reports}
        self.asked: list[tuple[str, str, tuple[str, ...]]] = []
        self.broken: dict[str, Exception] = {}

    async def due(self, now: datetime) -> AsyncGenerator[tuple[str, str], None]:
        for report in list(self.reports.values()):
            if report.due_at is not None and report.due_at <= now:
                yield report.id, report.area

    async def next_due(self) -> datetime | None:
        return min((r.due_at for r in self.reports.values() if r.due_at is not None), default=None)

    async def unacknowledged(self, area: str) -> AsyncGenerator[tuple[str, str], None]:
        for report in sorted(self.reports.values(), key=lambda report: report.id):
            if report.referred and covers(area, report.area):
                yield report.id, report.area

    async def correct_due(self, report: Report, now: datetime) -> None:
        """What is stored here is never of other rules."""

    async def change(
        self, id: str, decide: Callable[[Report], Decision[Report] | None], _: Cause
    ) -> Report:
        if id in self.broken:
            raise self.broken[id]
        decision = decide(self.reports[id])
        if decision is not None:
            self.reports[id], facts = decision
            self.asked += [_asked(id, fact) for fact in facts if isinstance(fact, ReportReferred)]
        return self.reports[id]


def _asked(id: str, fact: Event) -> tuple[str, str, tuple[str, ...]]:
    assert isinstance(fact, ReportReferred)
    return id, fact.level, fact.to


class Night:
    """Handed over to the police at one minute before three, with the watches that are held."""

    def __init__(self, held: dict[str, str]) -> None:
        filed = LAPSE - timedelta(minutes=1)
        open_, taken = (
            new("楼上着火了", at=filed)[0].with_(id=id) for id in ("rep_open", "rep_taken")
        )
        self.stored, self.clock = StoredReports(open_, taken), SetClock(filed)
        self.watches = HeldWatches(held)
        self.deadlines = DeadlineHandlers(
            cast(Reports, self.stored),
            cast(Watches, self.watches),
            self.clock,
            Schedule(self.clock),
        )

    async def begin(self) -> None:
        """The street's officer is asked about both, and takes one over."""
        await self.deadlines.settle_due()
        officer, now = Actor("officer", "acc_street"), self.clock.now()
        await self.stored.change("rep_taken", lambda r: acknowledge(r, officer, now), Cause("1"))
        self.stored.asked.clear()

    async def lapse(self) -> None:
        self.clock.at = LAPSE
        event = WatchLapsed(watch=f"wat_{STREET}", area=STREET, by="acc_street", at=LAPSE)
        message = Message("lapse", "wat_1", 2, LAPSE)
        await self.watches.ended(event, message)
        await self.deadlines.on_watch(event, message)

    async def pass_(self, seconds: float) -> None:
        self.clock.at += timedelta(seconds=seconds)
        await self.deadlines.settle_due()


async def test_what_is_open_goes_to_the_districts_watch_once_when_the_streets_lapses() -> None:
    night = Night(dict(WATCHES))
    await night.begin()
    await night.lapse()
    assert night.stored.asked == [("rep_open", DISTRICT, ("acc_district",))]
    await night.lapse()  # told twice
    await night.pass_(59)
    assert len(night.stored.asked) == 1
    await night.pass_(1)
    assert night.stored.asked[1:] == [("rep_open", DISTRICT, ())], "all officers of the district"


async def test_without_any_watch_left_every_officer_of_the_city_is_asked() -> None:
    night = Night({STREET: "acc_street"})
    await night.begin()
    await night.lapse()
    assert night.stored.asked == [("rep_open", CITY, ())]


async def test_what_somebody_had_taken_over_stays_with_them() -> None:
    night = Night(dict(WATCHES))
    await night.begin()
    await night.lapse()
    taken = night.stored.reports["rep_taken"]
    assert taken.state == "acknowledged"
    assert not taken.referred


async def test_a_report_that_fails_keeps_nobody_from_being_asked_about_the_others() -> None:
    night = Night(dict(WATCHES))
    await night.begin()
    bad = night.stored.reports["rep_open"].with_(id="rep_bad")
    night.stored.reports["rep_bad"], night.stored.broken["rep_bad"] = bad, ValueError("unreadable")
    await night.lapse()
    assert night.stored.asked == [("rep_open", DISTRICT, ("acc_district",))]


async def test_the_event_comes_again_for_a_report_whose_store_was_unavailable() -> None:
    night = Night(dict(WATCHES))
    await night.begin()
    away = night.stored.reports["rep_open"].with_(id="rep_away")
    night.stored.reports["rep_away"], night.stored.broken["rep_away"] = away, Unavailable("store")
    with pytest.raises(Unavailable):
        await night.lapse()
    assert [id for id, *_ in night.stored.asked] == ["rep_open"]
    night.stored.broken.clear()
    await night.lapse()
    assert [id for id, *_ in night.stored.asked] == ["rep_open", "rep_away"]
