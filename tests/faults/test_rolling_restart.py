"""Every service ended in good order and started again, one after the other, while the load is at
work."""

import pytest

from deploy.local.ports import SERVICES
from tests.faults.platform import FaultPlatform
from tests.faults.ledger import balance
from tests.faults.under_load import under_load

pytestmark = [pytest.mark.servers, pytest.mark.faults, pytest.mark.long]


@pytest.mark.timeout(300)
async def test_a_rolling_restart_costs_nobody_more_than_a_repeat(platform: FaultPlatform):
    seen, broken = platform.client_log.statuses(), platform.client_log.broken.total()
    async with under_load(platform, rate=12) as load:
        for service in (*SERVICES, *SERVICES):
            await platform.restart(service)
            await load.goes_on()
    answers = platform.client_log.statuses() - seen
    assert {status for status in answers if status >= 500} <= {503}, answers
    assert platform.client_log.broken.total() == broken, (
        "the gateway was there all the time, and answered"
    )
    await balance(platform)
