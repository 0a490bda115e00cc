"""Dispatch on a machine whose clock is an hour off calls and escalates neither early nor late."""

from datetime import datetime, timedelta

import pytest

from services.dispatch.policy import POLICIES
from tests.faults.ledger import balance
from tests.faults.observed_state import Fact, ObservedState, StateReader
from tests.faults.platform import FaultPlatform
from tests.faults.replaced_service import replaced_service
from tests.support.client import Person, start_duty
from tests.support.demonstration import PLACE, report_body
from tests.support.platform import DOMAIN_RATE, DOMAIN_START
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.timeout(300)]
EARLY = timedelta(seconds=DOMAIN_RATE)
"""Between a decision and the writing of its event."""
LATE = timedelta(seconds=15 * DOMAIN_RATE)
"""What a busy machine may take. By its own clock dispatch would be off by an hour, which is days of
domain time."""


@pytest.mark.parametrize("offset", [-3600, pytest.param(3600, marks=pytest.mark.long)])
async def test_a_callout_that_nobody_answers_escalates_when_it_is_due(
    platform: FaultPlatform, offset: int
):
    # At night two are needed; with one volunteer the leader would be alerted at once.
    (resident,), volunteers = await platform.people(1, 3)
    async with replaced_service(platform, "dispatch", "tests.faults.wrong_clock", str(offset)):
        await platform.wait_ready("dispatch")
        for volunteer in volunteers:
            await start_duty(volunteer, PLACE)
        report = await file_report(platform, resident)
        state = await escalated_to_station(platform, report)
        now = platform.clock.now()
        for volunteer in volunteers:
            await volunteer.post("duty/end")
        await resident.post(f"reports/{report}/withdraw", {"reason": "已自行解决"})
    assert_due_times(state, report, now)
    await balance(platform)


async def file_report(platform: FaultPlatform, resident: Person) -> str:
    body = report_body("想请人帮忙把东西搬上楼", "assistance")
    report = (await resident.post("reports", body))["id"]
    platform.client_log.acknowledged["report"][report].add(report)
    return report


async def escalated_to_station(platform: FaultPlatform, report: str) -> ObservedState:
    """The state once the report is escalated to the station."""
    reader = StateReader(platform.addresses)

    def to_station(state: ObservedState) -> bool:
        escalations = _of(state, report, "CalloutEscalated")
        return any(fact.data["to"] == "station" for fact in escalations)

    return await eventually(reader.read, to_station, what="escalation to the station", within=60)


def assert_due_times(state: ObservedState, report: str, now: datetime) -> None:
    (filed,), (called, *_) = (
        _of(state, report, "ReportFiled"),
        _of(state, report, "WaveCalled"),
    )
    leader, station = _of(state, report, "CalloutEscalated")
    policy = POLICIES.at(DOMAIN_START)
    expires_at = datetime.fromisoformat(called.data["expires_at"])
    for earlier, later, due in (
        (filed.envelope.at, called.envelope.at, timedelta()),
        (called.envelope.at, expires_at, timedelta(seconds=policy.answer_s)),
        (expires_at, leader.envelope.at, timedelta()),
        (leader.envelope.at, station.envelope.at, timedelta(seconds=policy.leader_s)),
        (station.envelope.at, now, timedelta()),
    ):
        assert due - EARLY <= later - earlier <= due + LATE


def _of(state: ObservedState, report: str, type_: str) -> list[Fact]:
    return [fact for fact in state.of(type_) if fact.data["report"] == report]
