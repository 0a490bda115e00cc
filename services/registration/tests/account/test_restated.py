"""On a real store: the state that an operator has published anew is whole, though the accounts'
personal fields are stored sealed."""

import secrets
from collections.abc import AsyncGenerator

import pytest

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.mongo.store import Store
from chassis.snapshots.restating import restate
from services.registration.account import events
from services.registration.account.store import Accounts, keys_of_people
from services.registration.tests.erasure.test_erasure_domain import volunteer
from tests.support.backend import Backend

pytestmark = pytest.mark.servers


@pytest.fixture
async def accounts(backend: Backend) -> AsyncGenerator[Accounts]:
    store = Store(backend.mongo_url, f"registration_{secrets.token_hex(4)}", Clock())
    opened = Accounts(store, keys_of_people(store, "11" * 32))
    await store.prepare()
    yield opened
    await store.client.drop_database(store.database.name)
    await store.close()


async def test_the_standing_of_a_sealed_account_is_said_again(accounts: Accounts) -> None:
    person = volunteer()
    await accounts.add(person, (), Cause("joined"))
    assert await restate(accounts, person.id, events.state) == 2
    stored = await accounts.collection.find_one({"_id": person.id})
    assert stored is not None
    said = {entry["type"]: entry["body"] for entry in stored["outbox"]}
    assert f'"birth_year":{person.birth_year}' in said["VolunteerStandingChanged"]
    assert f'"account_version":{stored["version"]}' in said["GrantsChanged"]
