"""Three replicas of each service: killed, stopped and started under load; and timeouts act once."""

from collections import Counter
from collections.abc import AsyncGenerator
from functools import partial

import pytest

from deploy.local.ports import SERVICES, free_ports
from tests.faults import replicas
from tests.faults.ledger import balance
from tests.faults.load import Load
from tests.faults.observed_state import ObservedState
from tests.faults.platform import FaultPlatform, running
from tests.faults.under_load import under_load
from tests.support.demonstration import PLACE
from tests.support.waiting import eventually

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.long, pytest.mark.timeout(420)]
THREE: dict[str, int] = dict.fromkeys(SERVICES, 3)


@pytest.fixture(scope="module")
async def platform() -> AsyncGenerator[FaultPlatform]:
    async with running(FaultPlatform(free_ports(replicas=THREE), "three")) as started:
        yield started


async def test_replicas_leave_and_come_back_under_load(platform: FaultPlatform):
    async with under_load(platform) as load:
        for service in SERVICES:
            first, second, third = replicas.names(platform, service)
            await eventually(partial(replicas.all_is_relayed, platform, service))
            await platform.kill(first)
            await platform.stop(second)  # the third does all the work
            await load.progress()
            await platform.start(second)
            await platform.kill(third)
            await load.progress()
        await platform.recovered()
        for service in SERVICES:
            await eventually(partial(replicas.all_is_relayed, platform, service))
    await balance(platform)


async def test_each_timeout_acts_once(platform: FaultPlatform):
    """A call that is not answered lapses, the next wave is called, leaders and the station are
    alerted: each once."""
    residents, (silent,) = await platform.people(4, 1)
    load = Load(platform, 1.0)
    try:
        await silent.post("duty/start", {"location": PLACE})
        filed = [
            await load.file_report(who, "assistance", f"unanswered-{n}")
            for n, who in enumerate(residents)
        ]
        ids = {report["id"] for report in filed if report}
        assert len(ids) == len(residents)
        state = await balance(platform)
    finally:
        await silent.post("duty/end")
        await load.close()
    escalated = {
        key: times
        for key, times in _times(state, "CalloutEscalated", "report", "to").items()
        if key[0] in ids
    }
    assert escalated == {(id, to): 1 for id in ids for to in ("leader", "station")}
    assert {key: 1 for key in escalated if key[1] == "station"} == {
        (id, "station"): times
        for (id,), times in _times(state, "ReportEscalated", "report").items()
        if id in ids
    }
    lapsed = Counter(
        (fact.data["callout"], volunteer)
        for fact in state.of("WaveLapsed")
        for volunteer in fact.data["volunteers"]
    )
    assert silent.id in {volunteer for _, volunteer in lapsed}
    assert set(lapsed.values()) == {1}


def _times(state: ObservedState, type_: str, *fields: str) -> Counter[tuple[str, ...]]:
    """How many such events there are for each value of these fields."""
    return Counter(tuple(fact.data[field] for field in fields) for fact in state.of(type_))
