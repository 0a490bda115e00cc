"""Pages of call-outs: none is left out and none comes twice, though many opened in one
millisecond."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from itertools import product

import pytest

from chassis.domain import Cause
from chassis.http.paging import from_cursor, to_cursor
from services.dispatch.callout.domain.state import Callout
from services.dispatch.callout.store import Callouts
from services.dispatch.tests.calls import NOW, opened
from services.dispatch.tests.town import Town, town
from tests.support.backend import Backend

STATION = "sta_pages"


@pytest.mark.servers
async def test_every_call_out_of_one_millisecond_is_on_one_page(backend: Backend):
    async with town(backend, rate=1) as place:
        callouts = Callouts(place.service.store)
        some = [opened().with_(id=f"cal_{n}", station=STATION) for n in range(7)]
        assert {one.opened_at for one in some} == {NOW}
        await callouts.add_missing([(one, []) for one in some], Cause("pages"))
        for limit in (1, 3, 7, 10):
            seen: list[str] = []
            after = None
            while page := await callouts.of_station(STATION, None, after, limit):
                seen += [callout.id for callout in page]
                after = from_cursor(to_cursor(page[-1].opened_at, page[-1].id))
            assert seen == [f"cal_{n}" for n in reversed(range(7))]
            pages = await place.pages(f"callouts?station={STATION}", limit)
            assert [len(page["items"]) for page in pages] == _split(7, limit)


@pytest.mark.servers
async def test_a_list_reads_what_it_answers_and_no_more(backend: Backend):
    async with town(backend, rate=1) as place:
        callouts = Callouts(place.service.store)
        states = ("done", "done", "done", "done", "done", "done", "done", "escalated")
        areas = ("370104009008", "370104010002", "370102001003")
        some = [
            opened(area=areas[n % 3], station=f"sta_{n % 3}").with_(
                id=f"cal_{n:04}", state=states[n % 8], opened_at=NOW + timedelta(seconds=n)
            )
            for n in range(1200)
        ]
        await callouts.add_missing([(one, []) for one in some], Cause("lists"))
        after = NOW + timedelta(seconds=700), "cal_0700"
        reads = (
            partial(callouts.of_station, "sta_0"),
            partial(callouts.in_areas, ["370104"]),
            partial(callouts.in_areas, ["370104009", "370102001"]),
        )
        for read, wanted, last in product(reads, (None, "escalated"), (None, after)):
            examined, found = await _examined(place, partial(read, wanted, last, 20))
            assert len(found) == 20
            assert found == sorted(found, key=lambda c: c.opened_at, reverse=True)
            assert examined <= 2 * 20 + 4


async def _examined(
    place: Town, read: Callable[[], Awaitable[list[Callout]]]
) -> tuple[int, list[Callout]]:
    """How many documents MongoDB looked at for it, and what it found."""
    database = place.service.store.database
    await database.command("profile", 2)
    try:
        found = await read()
    finally:
        await database.command("profile", 0)
    entry = await database["system.profile"].find_one(
        {"op": "query", "ns": f"{database.name}.callouts"}, sort=[("ts", -1)]
    )
    await database["system.profile"].drop()
    assert entry is not None
    return entry["docsExamined"], found


def _split(count: int, limit: int) -> list[int]:
    """The lengths of the pages: `next` is null on the last one, be it full or not."""
    return [min(limit, count - start) for start in range(0, count, limit)]
