"""Reports that are due: the service looks when the next one is, and one that cannot be settled
holds up nobody."""

from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from chassis.clock import Clock
from chassis.domain import Cause, Decision
from chassis.tasks.loops import background
from chassis.tasks.schedule import Schedule
from services.incidents.deadline.handlers import DeadlineHandlers
from services.incidents.photo.store import Photos
from services.incidents.place.handlers import PlaceHandlers
from services.incidents.replicas.watches import Watches
from services.incidents.report.domain.follow_up_key import FollowUpKeys
from services.incidents.report.domain.report import Report
from services.incidents.report.handlers import ReportHandlers
from services.incidents.report.store import Reports
from services.incidents.routing.handlers import RoutingHandlers
from services.incidents.tests.reports import COMMUNITY, new, person
from tests.support.waiting import eventually

Decide = Callable[[Report], Decision[Report] | None]
START = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)


class Stored:
    """Reports in memory. A change of a `broken` one fails."""

    def __init__(self, *reports: Report, broken: tuple[str, ...] = ()) -> None:
        self.reports = {report.id: report for report in reports}
        self._broken, self.looks, self.tries = broken, 0, 0

    def _due(self) -> list[tuple[datetime, str]]:
        return sorted((r.due_at, r.id) for r in self.reports.values() if r.due_at is not None)

    async def due(self, now: datetime) -> AsyncGenerator[tuple[str, str], None]:
        for at, id in self._due():
            if at <= now:
                yield id, self.reports[id].area

    async def next_due(self) -> datetime | None:
        self.looks += 1
        return next((at for at, _ in self._due()), None)

    async def require(self, id: str) -> Report:
        return self.reports[id]

    async def correct_due(self, report: Report, now: datetime) -> None:
        """What is stored here is never of other rules."""

    async def change(self, id: str, decide: Decide, _: Cause) -> Report:
        self.tries += 1
        if id in self._broken:
            raise KeyError(id)
        decision = decide(self.reports[id])
        if decision is not None:
            self.reports[id] = decision[0]
        return self.reports[id]


class Nobody:
    """No watch is held."""

    async def holders(self, areas: Sequence[str], now: datetime) -> dict[str, str]:
        return {}


def deadlines(stored: Stored, clock: Clock, due: Schedule) -> DeadlineHandlers:
    return DeadlineHandlers(cast(Reports, stored), cast(Watches, Nobody()), clock, due)


def handlers(stored: Stored, clock: Clock, due: Schedule) -> ReportHandlers:
    return ReportHandlers(
        cast(Reports, stored),
        cast(PlaceHandlers, None),
        cast(Photos, None),
        FollowUpKeys("secret"),
        clock,
        due,
        cast(RoutingHandlers, None),
    )


def at(moment: datetime, rate: float = 1.0) -> Clock:
    """A clock that shows this time now."""
    return Clock(f"{moment.isoformat()}@{rate}@{Clock().real()}")


async def test_what_is_due_is_settled_and_the_next_time_is_known() -> None:
    first = new(at=START)[0]
    later = new(at=START + timedelta(hours=5))[0].with_(id="rep_2")
    assert first.due_at is not None
    stored, clock = Stored(first, later), at(first.due_at)
    following = await deadlines(stored, clock, Schedule(clock)).settle_due()
    late = stored.reports["rep_1"]
    assert following == late.due_at
    assert late.referral is not None
    assert (late.referral.level, late.referral.to) == ("3701", None)  # nobody holds a watch
    assert stored.reports["rep_1"].escalations == ("overdue",)
    assert stored.reports["rep_2"] == later


async def test_one_that_cannot_be_settled_is_tried_again_after_a_pause() -> None:
    broken, other = new(at=START)[0], new(at=START)[0].with_(id="rep_2")
    assert broken.due_at is not None
    stored, clock = Stored(broken, other, broken=("rep_1",)), at(broken.due_at)
    again = await deadlines(stored, clock, Schedule(clock)).settle_due()
    assert stored.reports["rep_2"].escalations == ("overdue",)
    assert again is not None
    assert timedelta(seconds=0.9) < again - clock.now() < timedelta(seconds=1.1)


async def test_many_that_cannot_be_settled_hide_nothing_behind_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chassis.tasks.sweep._FIRST_PAUSE", 60.0)
    broken = [new(at=START)[0].with_(id=f"rep_{n:04}") for n in range(250)]
    last = new(at=START + timedelta(seconds=1))[0].with_(id="rep_last")
    assert last.due_at is not None
    stored = Stored(*broken, last, broken=tuple(report.id for report in broken))
    clock = at(last.due_at)
    handlers = deadlines(stored, clock, Schedule(clock))
    await handlers.settle_due()
    assert stored.reports["rep_last"].escalations == ("overdue",)
    tried = stored.tries
    await handlers.settle_due()
    assert stored.tries == tried, "those that failed rest"


async def test_a_report_is_settled_when_it_is_due_though_nothing_polls() -> None:
    """The reporter is silent for 72 hours, which this clock plays in a quarter of a second."""
    report, clock = new(at=START)[0], at(START, rate=72 * 3600 * 4)
    stored, due = Stored(report.with_(escalations=("overdue",))), Schedule(clock)
    its = handlers(stored, clock, due)
    async with background(due.run("due", deadlines(stored, clock, due).settle_due, poll=3600)):
        await eventually(lambda: _looked(stored))
        await its.resolve(report.id, "solved", "已解决", person("officer", COMMUNITY), Cause("1"))
        await eventually(lambda: _closed(stored))


async def _looked(stored: Stored) -> bool:
    return stored.looks > 0


async def _closed(stored: Stored) -> bool:
    return stored.reports["rep_1"].state == "closed"
