"""Batches of positions over HTTP, as phones send them."""

from datetime import timedelta

import pytest

from services.dispatch.tests.town import LATITUDE, LONGITUDE, town
from tests.support.backend import Backend

pytestmark = pytest.mark.servers


async def test_one_bad_fix_costs_only_itself_and_a_wrong_clock_is_told(backend: Backend):
    """Case A16; and K11: a phone that is two hours behind stays on the map."""
    async with town(backend, rate=1) as here:
        who = await here.volunteer("phone", 40)
        now = here.service.clock.now()
        good = {"longitude": LONGITUDE, "latitude": LATITUDE, "at": now.isoformat()}
        answer = await here.post("positions", who, {"positions": [good, good | {"latitude": 91}]})
        assert answer.status_code == 202, answer.text
        assert (answer.json()["accepted"], answer.json()["malformed"]) == (1, 1)
        (why,) = answer.json()["malformed_because"]
        assert why == {
            "field": "body.positions.1.latitude",
            "problem": {"zh": "不能大于 90", "en": "Must be at most 90"},
        }
        behind = (now - timedelta(hours=2)).isoformat()
        sent = {"positions": [good | {"at": behind}], "sent_at": behind}
        told = (await here.post("positions", who, sent)).json()
        assert (told["accepted"], told["stale"]) == (1, 0)
        assert -7300 < told["clock_off_s"] < -7100
