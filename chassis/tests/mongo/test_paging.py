"""Pages of a list follow each other without a gap, and each reads what it shows."""

import secrets
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from pymongo.asynchronous.collection import AsyncCollection

from chassis.clock import Clock
from chassis.mongo.paging import behind
from chassis.mongo.store import Document, Store
from tests.support.backend import Backend

pytestmark = pytest.mark.servers
START = datetime(2026, 3, 5, tzinfo=UTC)
ITEMS = [(START + timedelta(minutes=n // 3), f"itm_{n:03d}") for n in range(300)]
"""Three at a time."""
Order = Literal["ascending", "descending"]


@pytest.fixture(scope="module")
async def collection(backend: Backend) -> AsyncGenerator[AsyncCollection[Document]]:
    store = Store(backend.mongo_url, f"paging_test_{secrets.token_hex(3)}", Clock())
    items = store.database["items"]
    await items.create_index([("at", 1), ("_id", 1)])
    await items.insert_many([{"_id": id, "at": at} for at, id in ITEMS])
    yield items
    await store.client.drop_database(store.database.name)
    await store.close()


@pytest.mark.parametrize("order", ["ascending", "descending"])
async def test_pages_show_everything_once(
    collection: AsyncCollection[Document], order: Order
) -> None:
    sign = 1 if order == "ascending" else -1
    position: tuple[datetime, str] | None = None
    seen: list[tuple[datetime, str]] = []
    while True:
        query = behind("at", position, order=order)
        found = collection.find(query, limit=7).sort([("at", sign), ("_id", sign)])
        page = [(document["at"], document["_id"]) for document in await found.to_list()]
        if not page:
            break
        seen += page
        position = page[-1]
    assert seen == ITEMS[::sign]


async def test_an_inclusive_page_begins_with_the_item_itself(
    collection: AsyncCollection[Document],
) -> None:
    query = behind("at", ITEMS[100], order="ascending", inclusive=True)
    found = await collection.find(query, limit=2).sort([("at", 1), ("_id", 1)]).to_list()
    assert [document["_id"] for document in found] == ["itm_100", "itm_101"]


async def test_a_late_page_passes_none_of_the_early_ones(
    collection: AsyncCollection[Document],
) -> None:
    found = collection.find(behind("at", ITEMS[20]), limit=7).sort([("at", -1), ("_id", -1)])
    stats = (await found.explain())["executionStats"]
    assert stats["nReturned"] == 7
    assert stats["totalKeysExamined"] <= 7 + 3
