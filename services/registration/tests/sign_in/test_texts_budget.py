"""The budget of text messages: strangers who use up theirs leave the others' part."""

import secrets
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY

from chassis.clock import Clock
from chassis.domain import Cause, Refusal, Window
from chassis.mongo.store import Store
from services.registration.account.personal import FieldCipher, PersonalData
from services.registration.account.store import Accounts, keys_of_people
from services.registration.policy import POLICIES
from services.registration.sign_in import limits as sign_in_limits
from services.registration.sign_in.domain.session import new_session, sign_up
from services.registration.sign_in.handlers import CodeHandlers
from services.registration.sign_in.limits import SignInLimits
from services.registration.sign_in.store import SignInCodes
from tests.support.backend import Backend

pytestmark = pytest.mark.servers
PERSONAL = PersonalData(FieldCipher("11" * 32, "22" * 32))
NOW = datetime.now(UTC)


class Sent:
    """A provider that takes every message."""

    def __init__(self) -> None:
        self.phones: list[str] = []

    async def send_code(self, phone: str, code: str) -> None:
        self.phones.append(phone)

    async def send_phone_changed(self, phone: str) -> None:
        self.phones.append(phone)


class Small:
    """The policy with a budget of three messages to strangers."""

    def at(self, now: datetime) -> object:
        return POLICIES.at(now).with_(texts_to_strangers=(Window(3, 3600), Window(100, 86_400)))


@pytest.fixture
async def store(backend: Backend) -> AsyncGenerator[Store]:
    opened = Store(backend.mongo_url, f"registration_{secrets.token_hex(4)}", Clock())
    yield opened
    await opened.client.drop_database(opened.database.name)
    await opened.close()


def phone(n: int) -> str:
    return f"120007{n:05d}"


def refused() -> float:
    labels = {"quota": "texts-strangers"}
    return REGISTRY.get_sample_value("quota_refusals_total", labels) or 0.0


async def test_strangers_use_up_their_part_only(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in_limits, "POLICIES", Small())
    limits = SignInLimits(store, PERSONAL, "secret", lambda _: False, free_texts=False)
    accounts, sent = Accounts(store, keys_of_people(store, "11" * 32)), Sent()
    codes = CodeHandlers(SignInCodes(store), accounts, PERSONAL, sent, limits, Clock(), True)
    await store.prepare()
    key = PERSONAL.phone_key(f"+86{phone(99)}")
    session = new_session("ses_1", "salt", NOW, POLICIES.at(NOW))
    await accounts.add(*sign_up("acc_99", "sealed", key, session, "code"), Cause("signed up"))
    for n in range(3):
        await codes.send(phone(n), Cause(f"request {n}"), f"203.0.113.{n}")
    before = refused()
    for n in range(3, 16):
        with pytest.raises(Refusal, match="texts_used_up") as told:
            await codes.send(phone(3), Cause(f"request {n}"), f"203.0.113.{n}")
        assert 3500 < (told.value.retry_after or 0) <= 3600
    assert refused() - before == 13, "the alarm rings by this"
    await codes.send(phone(99), Cause("owner"), "203.0.113.99")
    assert sent.phones == [f"+86{phone(n)}" for n in (0, 1, 2, 99)]
    last = await SignInCodes(store).last(PERSONAL.phone_key(f"+86{phone(3)}"))
    assert last is not None
    assert last.sent_today == 0, "what was never sent does not use up the phone's day"


async def test_one_stranger_cannot_use_up_a_phone_s_day(store: Store) -> None:
    limits = SignInLimits(store, PERSONAL, "secret", lambda _: False, free_texts=False)
    key, most = PERSONAL.phone_key("+8612000700500"), 6
    spaced = [f"2001:db8:{n}::/64" for n in range(2)]
    for _ in range(most):
        assert await limits._pairs.wait(f"{spaced[0]} {key}") == 0  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(Refusal, match="too_many"):
        await limits.count_code_request(key, spaced[0])
    assert not await limits.count_code_request(key, spaced[1])
    await limits.remember(key, spaced[0])
    assert await limits.count_code_request(key, spaced[0]), "unless it is the owner's"
    stored = [d async for d in store.database["familiar_addresses"].find()]
    assert "2001:db8" not in str(stored)
    assert stored[0]["purge_at"] > NOW
