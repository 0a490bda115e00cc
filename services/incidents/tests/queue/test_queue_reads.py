"""A page of a queue reads what it shows, however many reports are closed, and shows all in
order."""

import secrets
from collections.abc import AsyncGenerator
from datetime import timedelta
from random import Random

import pytest

from chassis.clock import Clock
from chassis.domain import Cause
from chassis.mongo.store import Document, Store
from chassis.personal.keys import PersonKeys
from contracts.vocabulary import ReferralReason, Urgency, values_of
from jinan.areas import covers
from services.incidents.queue.store import Queue, QueueItem, QueueScope
from services.incidents.referral.domain import Referral
from services.incidents.report.domain.report import Report
from services.incidents.report.store import Reports
from services.incidents.tests.reports import START, new
from tests.support.backend import Backend

pytestmark = pytest.mark.servers
COUNT, LIMIT = 3000, 21
DISTRICT = "370104"
STREETS = tuple(f"{DISTRICT}{n:03d}" for n in range(1, 10))
SCOPES = {
    "officer of a district": QueueScope((DISTRICT,)),
    "officer of five streets": QueueScope(STREETS[:5]),
    "committee": QueueScope((), (DISTRICT,)),
    "officer here, committee there": QueueScope(STREETS[:2], STREETS[1:5]),
    "officer here, committee of all": QueueScope(STREETS[:2], (DISTRICT,)),
    "own": QueueScope((DISTRICT,), (), "acc_3"),
}


def _report(n: int, random: Random) -> Report:
    at = START + timedelta(minutes=n // 3)
    report = new(at=at)[0].with_(
        id=f"rep_{random.getrandbits(80):020x}",
        number=f"JN-{n}",
        area=f"{random.choice(STREETS)}{random.randrange(1, 9):03d}",
        state="closed",
        route="committee",
    )
    if n % 10:
        return report
    if n % 30 == 0:
        return report.with_(state="assigned", routed_at=at)
    urgency: Urgency = random.choice(values_of(Urgency))
    why: ReferralReason = "triage"
    referral = Referral.begun(why, urgency, at).with_(to=f"acc_{random.randrange(5)}", step=1)
    return report.with_(state="filed", triage="normal", referral=referral)


class Filled:
    def __init__(self, store: Store) -> None:
        self._store = store
        self.reports = Reports(store, PersonKeys(store, "11" * 32))
        self.queue = Queue(store, self.reports)
        random = Random(11)
        self.all = [_report(n, random) for n in range(COUNT)]

    async def fill(self) -> None:
        for collection, indexes in self._store._indexes:  # type: ignore[reportPrivateUsage]
            await collection.create_indexes(indexes)
        await self.reports.add_missing([(report, []) for report in self.all], Cause("fill"))

    async def page(
        self, scope: QueueScope, after: tuple[str, str] | None
    ) -> tuple[list[QueueItem], list[Document]]:
        database = self._store.database
        await database.command("profile", 2)
        found = await self.queue.page(scope, after, LIMIT)
        await database.command("profile", 0)
        noted = await database["system.profile"].find({"command.find": "reports"}).to_list()
        await database.drop_collection("system.profile")
        return found, noted

    def expected(self, scope: QueueScope) -> list[str]:
        orders: list[tuple[str, str]] = []
        for report in self.all:
            turn = None
            if any(covers(area, report.area) for area in scope.areas):
                turn = report.turns.station
            elif any(covers(area, report.area) for area in scope.committee_areas):
                turn = report.turns.committee
            if turn is not None and scope.person in (None, turn.person):
                orders.append((turn.order, report.id))
        return [id for _, id in sorted(orders)]


@pytest.fixture(scope="module")
async def filled(backend: Backend) -> AsyncGenerator[Filled]:
    store = Store(backend.mongo_url, f"queue_test_{secrets.token_hex(3)}", Clock())
    one = Filled(store)
    await one.fill()
    yield one
    await store.client.drop_database(store.database.name)
    await store.close()


@pytest.mark.parametrize("scope", SCOPES)
async def test_each_page_reads_what_it_shows(filled: Filled, scope: str) -> None:
    seen: list[str] = []
    after: tuple[str, str] | None = None
    while True:
        page, noted = await filled.page(SCOPES[scope], after)
        queries = 2 if scope.startswith("officer here") else 1
        assert sum(query["docsExamined"] for query in noted) <= queries * (LIMIT + 4)
        assert sum(query["keysExamined"] for query in noted) <= 3 * queries * LIMIT
        assert not any(query.get("hasSortStage") for query in noted)
        if not page:
            break
        seen += [item.report.id for item in page]
        after = (page[-1].turn.order, page[-1].report.id)
    assert seen == filled.expected(SCOPES[scope])
    assert len(seen) > LIMIT
