"""Guesses at once, of one phone and of many: each is counted before it is compared."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from chassis.clock import Clock
from chassis.mongo.store import Store, new_id
from services.registration.sign_in.store import SignInCodes
from tests.support.backend import Backend

pytestmark = pytest.mark.servers


@pytest.fixture
async def replicas(backend: Backend) -> AsyncGenerator[list[SignInCodes]]:
    stores = [Store(backend.mongo_url, "registration", Clock()) for _ in range(2)]
    yield [SignInCodes(store) for store in stores]
    for store in stores:
        await store.close()


async def issued(codes: SignInCodes, count: int) -> list[str]:
    """Keys of phones that have a code each."""
    phones = [new_id("phone") for _ in range(count)]
    for phone in phones:
        await codes.issue(phone, f"code of {phone}", "hash", "mark", False, datetime.now(UTC))
    return phones


async def test_guesses_of_many_phones_at_once_are_counted_for_each(
    replicas: list[SignInCodes],
) -> None:
    phones = await issued(replicas[0], 12)
    guesses = {phone: 1 + n % 4 for n, phone in enumerate(phones)}
    unknown = new_id("phone")
    batch = [*Counter(guesses).elements(), unknown]
    found = await asyncio.gather(*(replicas[0].count_guess(phone) for phone in batch))
    assert found[-1] is None
    for phone, code in zip(batch[:-1], found, strict=False):
        assert code is not None
        assert (code.code, code.guesses <= guesses[phone]) == (f"code of {phone}", True)
    for phone, count in guesses.items():
        following = await replicas[1].count_guess(phone)
        assert following is not None
        assert following.guesses == count + 1
    assert await replicas[0].last(unknown) is None, "a guess alone leaves nothing behind"


async def test_no_guess_is_compared_before_those_of_another_replica_are_counted(
    replicas: list[SignInCodes],
) -> None:
    """However they interleave, at most n guesses see a count of n or less."""
    (phone,) = await issued(replicas[0], 1)
    found = await asyncio.gather(
        *(replicas[n % 2].count_guess(phone) for n in range(40)),
    )
    seen: dict[int, int] = defaultdict(int)
    for code in found:
        assert code is not None
        seen[code.guesses] += 1
    assert max(seen) == 40
    for limit in range(1, 41):
        assert sum(times for count, times in seen.items() if count <= limit) <= limit
