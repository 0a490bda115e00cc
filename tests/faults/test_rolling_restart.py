"""Every service is restarted in good order, one after the other, under load."""

import pytest

from deploy.local.ports import SERVICES
from tests.faults.ledger import balance
from tests.faults.platform import FaultPlatform
from tests.faults.under_load import under_load

pytestmark = [pytest.mark.servers, pytest.mark.faults]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("times", [1, pytest.param(2, marks=pytest.mark.long)])
async def test_a_rolling_restart_costs_clients_no_more_than_a_retry(
    platform: FaultPlatform, times: int
):
    before, broken = platform.client_log.statuses(), platform.client_log.broken.total()
    async with under_load(platform, rate=12) as load:
        for service in SERVICES * times:
            await platform.restart(service)
            await load.progress()
    answers = platform.client_log.statuses() - before
    assert {status for status in answers if status >= 500} <= {503}, answers
    assert platform.client_log.broken.total() == broken, "the gateway answered all the time"
    await balance(platform)
