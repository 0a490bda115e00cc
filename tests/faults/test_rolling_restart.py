"""Every service ended in good order and started again, one after the other, while the town is at
work."""

import pytest

from deploy.local.ports import SERVICES
from tests.faults.ground import Ground
from tests.faults.ledger import balance
from tests.faults.town import load

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.long]


@pytest.mark.timeout(300)
async def test_a_rolling_restart_costs_nobody_more_than_a_repeat(ground: Ground):
    seen, broken = ground.record.statuses(), ground.record.broken.total()
    async with load(ground, rate=12) as town:
        for service in (*SERVICES, *SERVICES):
            await ground.restart(service)
            await town.goes_on()
    answers = ground.record.statuses() - seen
    assert {status for status in answers if status >= 500} <= {503}, answers
    assert ground.record.broken.total() == broken, (
        "the gateway was there all the time, and answered"
    )
    await balance(ground)
