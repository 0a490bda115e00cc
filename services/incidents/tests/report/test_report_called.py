"""That volunteers are being called, as readers of the report see it: once, whatever order the
events of its call-out come in."""

import asyncio
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from chassis.domain import Cause
from chassis.kafka.subscriptions import Message
from contracts.events import dispatch
from services.incidents.report.domain import decisions
from services.incidents.report.domain.decisions import NewRoute
from services.incidents.report.domain.report import Actor
from services.incidents.report.handlers import ReportHandlers
from services.incidents.report.store import Reports
from services.incidents.tests.reports import OFFICER, SERVED
from services.incidents.tests.running import COMMUNITY, Incidents, person, post, report
from tests.support.waiting import eventually

pytestmark = pytest.mark.servers


class CalledReport:
    """A report and its handlers, without the bus: events come in the order that a test wants."""

    def __init__(self, incidents: Incidents, id: str) -> None:
        provided = incidents.service.app.state.provided
        self.handlers: ReportHandlers = provided[ReportHandlers]
        self.reports: Reports = provided[Reports]
        self.id, self._clock = id, incidents.service.clock
        self._about: dict[str, Any] = {
            "callout": f"cal_{id}",
            "report": id,
            "station": "sta_duandian",
            "area": COMMUNITY,
            "category": "nuisance",
        }

    def _message(self, name: str) -> Message:
        return Message(f"test/{self.id}/{name}", self.id, 1, self._clock.now())

    async def opened(self, round_: int = 1) -> None:
        event = dispatch.CalloutOpened(
            **self._about, round=round_, urgency="normal", people_needed=2
        )
        await self.handlers.mark_called(event, self._message("opened"))

    async def accepted(self) -> None:
        event = dispatch.CalloutAccepted(**self._about, round=1, volunteer="acc_a", place=1)
        await self.handlers.follow_callout(event, self._message("accepted"))

    async def escalated(self) -> None:
        event = dispatch.CalloutEscalated(
            **self._about, round=1, to="station", why="too_few", accepted=0, people_needed=2
        )
        await self.handlers.follow_callout(event, self._message("escalated"))

    async def stood_down(self) -> None:
        event = dispatch.WaveStoodDown(
            **self._about,
            round=1,
            volunteers=("acc_a", "acc_b"),
            accepted=("acc_a",),
            reason="report_ended",
        )
        await self.handlers.follow_callout(event, self._message("stood_down"))

    async def steps(self) -> list[str]:
        return [entry.what for entry in (await self.reports.require(self.id)).timeline]


async def filed(incidents: Incidents) -> CalledReport:
    async with incidents.client(person()) as own:
        return CalledReport(incidents, (await post(own, "/reports", report(), 201))["id"])


async def test_readers_see_that_volunteers_are_called(incidents: Incidents) -> None:
    async with incidents.client(person()) as own:
        id = (await post(own, "/reports", report(), 201))["id"]
        event = dispatch.CalloutOpened.model_validate(
            dispatch.CalloutOpened.example | {"report": id, "callout": f"cal_{id}"}
        )
        await incidents.publish(event, event.callout)

        async def called() -> bool:
            return (await own.get(f"/reports/{id}")).json()["state"] == "called"

        await eventually(called)
        line = (await own.get(f"/reports/{id}")).json()["timeline"][-1]
        assert (line["what"], line["by_role"], line["round"]) == ("called", "rules", 1)
        listed = (await own.get("/reports?mine=true&state=called")).json()["items"]
        assert [entry["id"] for entry in listed] == [id]


@pytest.mark.parametrize("order", list(permutations(("opened", "accepted", "escalated"))))
async def test_any_order_with_repeats(incidents: Incidents, order: tuple[str, ...]) -> None:
    one = await filed(incidents)
    for name in (*order, *order):
        await getattr(one, name)()
    after = await one.reports.require(one.id)
    assert after.state == "accepted"
    steps = await one.steps()
    assert len(steps) == len(set(steps))
    assert ("called" in steps) == (order.index("opened") < order.index("accepted"))
    assert {"accepted", "escalated"} < set(steps)


async def test_another_round_or_route_is_not_called(incidents: Incidents) -> None:
    one = await filed(incidents)
    await one.opened(2)
    now = incidents.service.clock.now()
    assert (await one.reports.require(one.id)).state == "routed"
    await one.reports.change(
        one.id,
        lambda r: decisions.reroute(r, NewRoute("police", "有危险"), OFFICER, now, SERVED),
        Cause("police"),
    )
    await one.opened(2)
    after = await one.reports.require(one.id)
    assert (after.state, [e.what for e in after.timeline][-1]) == ("handed_off", "handed_off")


async def test_notes_written_meanwhile_and_the_mark_are_both_kept(incidents: Incidents) -> None:
    one = await filed(incidents)
    before, now = await one.reports.require(one.id), incidents.service.clock.now()
    marking, written = asyncio.create_task(one.opened()), 0
    while not marking.done():
        await one.reports.change(
            one.id,
            lambda r: decisions.add_note(r, "看过了", Actor("reporter"), now),
            Cause(f"note{written}"),
        )
        written += 1
    await marking
    after, steps = await one.reports.require(one.id), await one.steps()
    assert (after.state, steps.count("called"), steps.count("noted")) == ("called", 1, written)
    assert after.version == before.version + written + 1  # a change decided before is tried again


async def test_the_line_is_never_earlier_than_the_one_before(incidents: Incidents) -> None:
    one = await filed(incidents)
    ahead = incidents.service.clock.now() + timedelta(hours=1)  # another replica's clock
    await one.reports.change(
        one.id,
        lambda r: decisions.add_note(r, "看过了", Actor("reporter"), ahead),
        Cause("ahead"),
    )
    await one.opened()
    times = [entry.at for entry in (await one.reports.require(one.id)).timeline]
    assert times == sorted(times)


@pytest.mark.parametrize("order", list(permutations(("opened", "accepted", "stood_down"))))
async def test_who_is_stood_down_reads_no_more(
    incidents: Incidents, order: tuple[str, ...]
) -> None:
    one = await filed(incidents)
    for name in (*order, *order):
        await getattr(one, name)()
    after = await one.reports.require(one.id)
    assert after.present == ()
    assert [h.volunteer for h in after.helpers] == ["acc_a"]
