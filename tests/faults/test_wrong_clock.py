"""Dispatch on a machine whose clock is an hour off: nobody is called, and nothing escalated, early
or late."""

import asyncio
from datetime import datetime, timedelta

import pytest

from services.dispatch.policy import policy_at
from tests.faults.observed_state import ObservedState, Fact, StateReader
from tests.faults.platform import FaultPlatform
from tests.faults.ledger import balance
from tests.faults.load import COMMUNITY, PLACE
from tests.faults.replaced_service import replaced_service
from tests.support.backend import DOMAIN_RATE, DOMAIN_START
from tests.support.duty import start_duty
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.timeout(300)]
MOMENT = timedelta(seconds=DOMAIN_RATE)
"""Between a decision and the writing of its event."""
BUSY = timedelta(seconds=15 * DOMAIN_RATE)
"""What a busy machine may take. By its own clock dispatch would be off by an hour, which the domain
plays as days."""


@pytest.mark.parametrize("off", [-3600, pytest.param(3600, marks=pytest.mark.long)])
async def test_a_callout_that_nobody_answers_escalates_when_it_is_due(
    platform: FaultPlatform, off: int
):
    (resident,), volunteers = await platform.people(
        1, 3
    )  # at night two are needed, and with one the leader is told at once
    reader = StateReader(platform.addresses)
    async with replaced_service(platform, "dispatch", "tests.faults.wrong_clock", str(off)):
        await asyncio.to_thread(platform.processes.wait_ready, "dispatch", 60)
        for volunteer in volunteers:
            await start_duty(volunteer, PLACE)
        words = {
            "text": "想请人帮忙把东西搬上楼",
            "category": "assistance",
            "location": PLACE,
            "community": COMMUNITY,
        }
        report = (await resident.post("reports", words))["id"]
        platform.client_log.done["report"][report].add(report)

        async def escalated() -> ObservedState | None:
            books = await reader.read()
            told = [
                fact
                for fact in _of(books, report, "CalloutEscalated")
                if fact.data["to"] == "station"
            ]
            return books if told else None

        books = await eventually(escalated, within=60)
        now = platform.clock.now()
        for volunteer in volunteers:
            await volunteer.post("duty/end")
    (filed,), (called, *_) = (
        _of(books, report, "ReportFiled"),
        _of(books, report, "VolunteerCalled"),
    )
    leader, station = _of(books, report, "CalloutEscalated")
    policy = policy_at(DOMAIN_START)
    for earlier, later, least in (
        (filed.envelope.at, called.envelope.at, timedelta()),
        (
            called.envelope.at,
            datetime.fromisoformat(called.data["expires_at"]),
            timedelta(seconds=policy.timeout_s),
        ),
        (datetime.fromisoformat(called.data["expires_at"]), leader.envelope.at, timedelta()),
        (leader.envelope.at, station.envelope.at, timedelta(seconds=policy.leader_s)),
        (station.envelope.at, now, timedelta()),
    ):
        assert least - MOMENT <= later - earlier <= least + BUSY
    await balance(platform)


def _of(books: ObservedState, report: str, kind: str) -> list[Fact]:
    return [fact for fact in books.of(kind) if fact.data["report"] == report]
