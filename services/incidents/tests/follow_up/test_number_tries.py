"""Whoever tries numbers one after another is stopped; a mistyped one costs nothing."""

import asyncio

import pytest

from services.incidents.policy import POLICIES
from services.incidents.report.domain.number import BITS, number_of
from services.incidents.tests.reports import START
from services.incidents.tests.running import Incidents, address

pytestmark = pytest.mark.servers
MOST = POLICIES.at(START).follow_ups_per_address[0].most


async def test_numbers_are_not_guessed_from_one_address(incidents: Incidents) -> None:
    async with incidents.nobody(address()) as thief, incidents.nobody(address()) as other:
        mistyped = [await thief.get("/follow-ups/JN-0000-0000-1") for _ in range(MOST + 5)]
        assert {answer.status_code for answer in mistyped} == {422}
        numbers = [number_of(n) for n in range(1 << (BITS - 1), (1 << (BITS - 1)) + 2 * MOST)]
        paths = [f"/follow-ups/{number}" for number in numbers]
        answers = await asyncio.gather(
            *(thief.get(path) for path in paths[::2]),
            *(thief.post(f"{path}/confirm", json={"key": "x"}) for path in paths[1::2]),
        )
        statuses = [answer.status_code for answer in answers]
        assert (statuses.count(404), statuses.count(429)) == (MOST, MOST)
        assert (await other.get(paths[0])).status_code == 404
