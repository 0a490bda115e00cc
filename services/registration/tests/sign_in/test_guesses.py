"""Guesses at once, of one phone and of many, from one address and from many: each is counted before
it is compared."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from chassis.clock import Clock
from chassis.mongo.store import Store, new_id
from services.registration.policy import POLICIES
from services.registration.sign_in.domain.code import IssuedCode, NextCode
from services.registration.sign_in.store import SignInCodes
from tests.support.backend import Backend

pytestmark = pytest.mark.servers
POLICY = POLICIES.at(datetime.now(UTC))
OWN, ALL = POLICY.code_max_guesses, POLICY.code_guesses_of_all


@pytest.fixture
async def replicas(backend: Backend) -> AsyncGenerator[list[SignInCodes]]:
    stores = [Store(backend.mongo_url, "registration_codes", Clock()) for _ in range(2)]
    yield [SignInCodes(store) for store in stores]
    for store in stores:
        await store.close()


async def issued(codes: SignInCodes, count: int) -> list[str]:
    """Keys of phones that have a code each."""
    phones = [new_id("phone") for _ in range(count)]
    for phone in phones:
        code, now = NextCode(f"code of {phone}", 6, True), datetime.now(UTC)
        await codes.issue(phone, code, "mark", False, 10, now)
    return phones


async def compared(
    replicas: list[SignInCodes], phone: str, addresses: list[str]
) -> list[IssuedCode]:
    """What those see who may compare their guess."""
    found = await asyncio.gather(
        *(replicas[n % 2].count_guess(phone, a) for n, a in enumerate(addresses))
    )
    return [
        code
        for code, address in zip(found, addresses, strict=True)
        if code is not None and code.by.get(address, 0) <= OWN and code.guesses <= ALL
    ]


async def test_guesses_of_many_phones_at_once_are_counted_for_each(
    replicas: list[SignInCodes],
) -> None:
    phones = await issued(replicas[0], 12)
    guesses = {phone: 1 + n % 4 for n, phone in enumerate(phones)}
    unknown = new_id("phone")
    batch = [*Counter(guesses).elements(), unknown]
    found = await asyncio.gather(*(replicas[0].count_guess(phone, "a1") for phone in batch))
    assert found[-1] is None
    for phone, code in zip(batch[:-1], found, strict=False):
        assert code is not None
        assert (code.code, code.guesses <= guesses[phone]) == (f"code of {phone}", True)
    for phone, count in guesses.items():
        following = await replicas[1].count_guess(phone, "a1")
        assert following is not None
        assert (following.guesses, following.by) == (count + 1, {"a1": count + 1})
    assert await replicas[0].last(unknown) is None, "a guess alone leaves nothing behind"


@pytest.mark.parametrize(
    ("addresses", "most"),
    [(1, OWN), (60, ALL), (3, 3 * OWN)],
)
async def test_no_guess_is_compared_before_those_of_another_replica_are_counted(
    replicas: list[SignInCodes], addresses: int, most: int
) -> None:
    """However they interleave: of one address, of all, of some."""
    (phone,) = await issued(replicas[0], 1)
    guesses = [f"a{n % addresses}" for n in range(60)]
    assert len(await compared(replicas, phone, guesses)) <= most
    assert len(await compared(replicas, phone, guesses)) == 0


async def test_guesses_that_are_not_compared_cost_the_others_nothing(
    replicas: list[SignInCodes],
) -> None:
    """One address can use up its own guesses only."""
    (phone,) = await issued(replicas[0], 1)
    for _ in range(30):
        await replicas[0].count_guess(phone, "a1")
    last = await replicas[1].count_guess(phone, "a2")
    assert last is not None
    assert (last.guesses, last.by) == (OWN + 1, {"a1": OWN + 1, "a2": 1})
    assert last.guesses_today == OWN + 1


async def test_the_same_code_sent_again_keeps_the_count_of_all(
    replicas: list[SignInCodes],
) -> None:
    (phone,) = await issued(replicas[0], 1)
    await compared(replicas, phone, [f"a{n % 3}" for n in range(12)])
    before = await replicas[0].last(phone)
    assert before is not None
    later = datetime.now(UTC) + POLICY.code_resend_wait
    same = NextCode(before.code, 6, is_new=False)
    assert await replicas[0].issue(phone, same, "again", False, 10, later) is None
    after = await replicas[0].last(phone)
    assert after is not None
    assert (after.code, after.guesses, after.by) == (before.code, before.guesses, {})
    assert after.expires_at > before.expires_at


async def test_a_code_whose_guesses_are_used_up_is_replaced_without_a_wait(
    replicas: list[SignInCodes],
) -> None:
    (phone,) = await issued(replicas[0], 1)
    fresh = NextCode("fresh", 6, is_new=True)
    assert await replicas[0].issue(phone, fresh, "early", False, 10, datetime.now(UTC))
    await compared(replicas, phone, [f"a{n}" for n in range(ALL + 5)])
    assert await replicas[0].issue(phone, fresh, "early", False, 10, datetime.now(UTC)) is None
    last = await replicas[0].last(phone)
    assert last is not None
    assert (last.code, last.guesses, last.guesses_today) == ("fresh", 0, ALL + 1)
