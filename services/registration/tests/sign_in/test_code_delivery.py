"""A code that was stored but never left (the process ended in between) is sent again for a repeat,
and only then."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest

from chassis.clock import Clock
from chassis.mongo.store import Store, new_id
from services.registration.policy import POLICIES
from services.registration.sign_in.domain.code import NextCode
from services.registration.sign_in.store import SignInCodes
from tests.support.backend import Backend

pytestmark = pytest.mark.servers
NOW = datetime(2026, 5, 20, 2, 0, tzinfo=UTC)
POLICY = POLICIES.at(NOW)
DELIVERY, RESEND = POLICY.code_delivery_timeout, POLICY.code_resend_wait


@pytest.fixture
async def codes(backend: Backend) -> AsyncGenerator[SignInCodes]:
    store = Store(backend.mongo_url, "registration_codes", Clock())
    yield SignInCodes(store)
    await store.close()


async def issue(codes: SignInCodes, phone: str, mark: str, after: timedelta) -> bool:
    """Whether a new code is there to be sent."""
    code, most = NextCode(f"{mark}/{after}", 6, True), POLICY.code_max_per_day
    return await codes.issue(phone, code, mark, False, most, NOW + after) is None


async def test_a_repeat_sends_again_what_never_left(codes: SignInCodes) -> None:
    phone = new_id("phone")
    assert await issue(codes, phone, "request", timedelta())
    assert not await issue(codes, phone, "request", DELIVERY / 2), "it is on its way"
    assert not await issue(codes, phone, "another request", DELIVERY), "another request waits"
    last = await codes.last(phone)
    assert last is not None
    assert not last.delivered, "so nobody is told that it was sent"
    assert await issue(codes, phone, "request", DELIVERY)


async def test_a_repeat_sends_nothing_once_it_has_left(codes: SignInCodes) -> None:
    phone = new_id("phone")
    assert await issue(codes, phone, "request", timedelta())
    await codes.mark_delivered(phone, f"request/{timedelta()}")
    assert not await issue(codes, phone, "request", RESEND / 2)
    last = await codes.last(phone)
    assert last is not None
    assert last.delivered


async def test_what_never_leaves_counts_for_the_day_all_the_same(codes: SignInCodes) -> None:
    phone = new_id("phone")
    issued = [await issue(codes, phone, "request", DELIVERY * n) for n in range(12)]
    assert issued == [True] * POLICY.code_max_per_day + [False] * 2
